#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <utility>

namespace gliner {

/// Generated oneDNN primitives by what they are generated for; of more than `capacity` the least recently
/// used is dropped first. Safe to call from any number of threads.
template <typename Key, typename Primitive, typename Order = std::less<Key>>
class PrimitiveCache {
 public:
  explicit PrimitiveCache(std::size_t capacity) : capacity_(capacity) {}

  /// The primitive for `key`, which `make()` generates if it is not here.
  template <typename Make>
  std::shared_ptr<const Primitive> get(const Key& key, const Make& make) {
    if (auto known = find(key)) return known;
    // Generated outside the lock: it takes a millisecond. Two threads may do so at once; the first one's is
    // kept.
    auto made = std::make_shared<const Primitive>(make());
    const std::lock_guard<std::mutex> lock(mutex_);
    if (const auto found = index_.find(key); found != index_.end()) return found->second->second;
    entries_.emplace_front(key, made);
    index_[key] = entries_.begin();
    if (entries_.size() > capacity_) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    return made;
  }

 private:
  std::shared_ptr<const Primitive> find(const Key& key) {
    const std::lock_guard<std::mutex> lock(mutex_);
    const auto found = index_.find(key);
    if (found == index_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return found->second->second;
  }

  using Entries = std::list<std::pair<Key, std::shared_ptr<const Primitive>>>;
  std::size_t capacity_;
  std::mutex mutex_;
  Entries entries_;  // Most recently used first.
  std::map<Key, typename Entries::iterator, Order> index_;
};

}  // namespace gliner
