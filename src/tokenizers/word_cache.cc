#include "tokenizers/word_cache.h"

#include <functional>
#include <utility>

namespace gliner {

WordCache::WordCache(std::size_t capacity) : generation_size_(capacity / (2 * kShards)) {}

WordCache::Shard& WordCache::shard_of(std::string_view text) const {
  // The upper bits, since the maps use the lower ones.
  return shards_[std::hash<std::string_view>()(text) >> 48 & (kShards - 1)];
}

void WordCache::make_room(Shard& shard) const {
  if (shard.young.size() < generation_size_) return;
  shard.old = std::exchange(shard.young, {});
}

bool WordCache::find(std::string_view text, std::vector<std::int32_t>& ids) const {
  if (text.size() > kMaxTextBytes) return false;
  Shard& shard = shard_of(text);
  const std::string key(text);
  const std::lock_guard<std::mutex> lock(shard.mutex);
  auto found = shard.young.find(key);
  if (found == shard.young.end()) {
    const auto aged = shard.old.find(key);
    if (aged == shard.old.end()) return false;
    auto node = shard.old.extract(aged);
    make_room(shard);
    found = shard.young.insert(std::move(node)).position;
  }
  ids.insert(ids.end(), found->second.begin(), found->second.end());
  return true;
}

void WordCache::insert(std::string_view text, const std::int32_t* ids, std::size_t count) {
  if (text.size() > kMaxTextBytes || generation_size_ == 0) return;
  Shard& shard = shard_of(text);
  const std::lock_guard<std::mutex> lock(shard.mutex);
  make_room(shard);
  shard.young.emplace(text, std::vector<std::int32_t>(ids, ids + count));
}

void WordCache::clear() {
  for (Shard& shard : shards_) {
    const std::lock_guard<std::mutex> lock(shard.mutex);
    shard.young.clear();
    shard.old.clear();
  }
}

std::size_t WordCache::size() const {
  std::size_t size = 0;
  for (const Shard& shard : shards_) {
    const std::lock_guard<std::mutex> lock(shard.mutex);
    size += shard.young.size() + shard.old.size();
  }
  return size;
}

}  // namespace gliner
