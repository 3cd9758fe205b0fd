#include "tokenizers/merge_table.h"

#include <algorithm>
#include <utility>

namespace gliner {
namespace {

std::uint64_t pair_of(std::int32_t left, std::int32_t right) {
  return std::uint64_t{static_cast<std::uint32_t>(left)} << 32 | static_cast<std::uint32_t>(right);
}

}  // namespace

std::size_t MergeTable::slot_of(std::uint64_t pair) const {
  const std::size_t mask = slots_.size() - 1;
  // Fibonacci hashing: the upper half of the product is well mixed.
  std::size_t i = (pair * 0x9E3779B97F4A7C15U >> 32) & mask;
  while (slots_[i].pair != kFree && slots_[i].pair != pair) i = (i + 1) & mask;
  return i;
}

void MergeTable::grow(std::size_t slots) {
  std::vector<Slot> old = std::exchange(slots_, std::vector<Slot>(slots));
  for (const Slot& slot : old) {
    if (slot.pair != kFree) slots_[slot_of(slot.pair)] = slot;
  }
}

void MergeTable::reserve(std::size_t merges) {
  std::size_t slots = 64;
  while (slots < merges * 2) slots *= 2;
  if (slots > slots_.size()) grow(slots);
}

void MergeTable::set(std::int32_t left, std::int32_t right, Merge merge) {
  if (slots_.size() < 2 * (size_ + 1)) grow(std::max<std::size_t>(64, slots_.size() * 2));
  Slot& slot = slots_[slot_of(pair_of(left, right))];
  if (slot.pair == kFree) ++size_;
  slot = {pair_of(left, right), merge};
}

const MergeTable::Merge* MergeTable::find(std::int32_t left, std::int32_t right) const {
  if (slots_.empty()) return nullptr;
  const Slot& slot = slots_[slot_of(pair_of(left, right))];
  return slot.pair == kFree ? nullptr : &slot.merge;
}

}  // namespace gliner
