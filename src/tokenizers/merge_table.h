#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gliner {

/// The merges of a BPE model: a pair of ids -> rank and id of the merged token.
class MergeTable {
 public:
  struct Merge {
    std::uint32_t rank;
    std::int32_t id;
  };

  void reserve(std::size_t merges);
  /// A pair that is there already gets the new merge.
  void set(std::int32_t left, std::int32_t right, Merge merge);
  /// nullptr if the pair does not merge.
  const Merge* find(std::int32_t left, std::int32_t right) const;

 private:
  struct Slot {
    std::uint64_t pair = kFree;
    Merge merge{};
  };
  // Ids are not negative, so no pair looks like this.
  static constexpr std::uint64_t kFree = ~std::uint64_t{0};

  std::size_t slot_of(std::uint64_t pair) const;
  void grow(std::size_t slots);

  std::vector<Slot> slots_;  // open addressing; a power of two, at most half full
  std::size_t size_ = 0;
};

}  // namespace gliner
