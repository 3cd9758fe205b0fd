#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace gliner {

/// Ids of texts that were encoded before; thread-safe.
///
/// Never holds more than `capacity` texts of at most kMaxTextBytes. Two generations a shard stand in for an
/// exact order of use: when the young one has filled half of the shard's share, it becomes the old one, and
/// what was not asked for since then is dropped.
class WordCache {
 public:
  static constexpr std::size_t kMaxTextBytes = 128;

  explicit WordCache(std::size_t capacity);

  /// Appends the ids of `text` to `ids`; false if they are not known.
  bool find(std::string_view text, std::vector<std::int32_t>& ids) const;
  void insert(std::string_view text, const std::int32_t* ids, std::size_t count);
  void clear();

  /// Texts held now.
  std::size_t size() const;

 private:
  using Map = std::unordered_map<std::string, std::vector<std::int32_t>>;
  struct Shard {
    mutable std::mutex mutex;
    mutable Map young;
    mutable Map old;
  };
  static constexpr std::size_t kShards = 16;

  Shard& shard_of(std::string_view text) const;
  void make_room(Shard& shard) const;

  std::size_t generation_size_;
  mutable std::array<Shard, kShards> shards_;
};

}  // namespace gliner
