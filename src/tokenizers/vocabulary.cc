#include "tokenizers/vocabulary.h"

#include <algorithm>
#include <functional>
#include <numeric>

#include "base/check.h"

namespace gliner {

void Vocabulary::reserve(std::size_t entries, std::size_t bytes) {
  entries_.reserve(entries);
  bytes_.reserve(bytes);
  std::size_t slots = 64;
  while (slots < entries * 2) slots *= 2;
  grow(slots);
}

void Vocabulary::grow(std::size_t slots) {
  if (slots <= slots_.size()) return;
  slots_.assign(slots, Slot{0, 0});
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const std::size_t hash = std::hash<std::string_view>()(view(entries_[i]));
    slots_[slot_of(view(entries_[i]), hash)] = {static_cast<std::uint32_t>(hash >> 32),
                                                static_cast<std::uint32_t>(i + 1)};
  }
}

// The slot that holds `token`, or the free one where it belongs.
std::size_t Vocabulary::slot_of(std::string_view token, std::size_t hash) const {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t i = hash & mask;; i = (i + 1) & mask) {
    const Slot& slot = slots_[i];
    if (slot.entry == 0) return i;
    if (slot.hash == static_cast<std::uint32_t>(hash >> 32) && view(entries_[slot.entry - 1]) == token)
      return i;
  }
}

bool Vocabulary::add(std::string_view token, std::int32_t id) {
  GLINER_CHECK(id >= 0);
  if (slots_.size() < 2 * (entries_.size() + 1)) grow(std::max<std::size_t>(64, slots_.size() * 2));
  const std::size_t hash = std::hash<std::string_view>()(token);
  Slot& slot = slots_[slot_of(token, hash)];
  const bool is_new = slot.entry == 0;
  entries_.push_back({bytes_.size(), static_cast<std::uint32_t>(token.size()), id});
  bytes_ += token;
  slot = {static_cast<std::uint32_t>(hash >> 32), static_cast<std::uint32_t>(entries_.size())};
  id_limit_ = std::max<std::int64_t>(id_limit_, std::int64_t{id} + 1);
  return is_new;
}

std::int32_t Vocabulary::seal() {
  by_id_.resize(entries_.size());
  std::iota(by_id_.begin(), by_id_.end(), 0U);
  const auto id_of = [this](std::uint32_t index) { return entries_[index].id; };
  const auto by_id = [&](std::uint32_t a, std::uint32_t b) { return id_of(a) < id_of(b); };
  // Files list their entries by id more often than not.
  if (!std::is_sorted(by_id_.begin(), by_id_.end(), by_id)) std::sort(by_id_.begin(), by_id_.end(), by_id);
  const auto same = [&](std::uint32_t a, std::uint32_t b) { return id_of(a) == id_of(b); };
  const auto twin = std::adjacent_find(by_id_.begin(), by_id_.end(), same);
  return twin == by_id_.end() ? -1 : id_of(*twin);
}

std::int32_t Vocabulary::find(std::string_view token) const {
  if (slots_.empty()) return -1;
  const Slot& slot = slots_[slot_of(token, std::hash<std::string_view>()(token))];
  return slot.entry == 0 ? -1 : entries_[slot.entry - 1].id;
}

std::optional<std::string_view> Vocabulary::token(std::int32_t id) const {
  const auto before = [this](std::uint32_t index, std::int32_t wanted) {
    return entries_[index].id < wanted;
  };
  const auto found = std::lower_bound(by_id_.begin(), by_id_.end(), id, before);
  if (found == by_id_.end() || entries_[*found].id != id) return std::nullopt;
  return view(entries_[*found]);
}

}  // namespace gliner
