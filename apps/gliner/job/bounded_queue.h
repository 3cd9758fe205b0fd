#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <utility>

namespace gliner::cli {

/// Hands items from one thread to another in order and makes the giver wait while more than `max_items`
/// items, or items of more than `max_bytes` bytes together, have not been taken: whatever the sizes of the
/// stages' works, memory stays bounded. An item larger than `max_bytes` is let in alone.
///
/// Thread contract: any number of threads may call any method. Destroy it when nobody waits in it any more.
template <typename Item>
class BoundedQueue {
 public:
  BoundedQueue(std::size_t max_items, std::size_t max_bytes) : max_items_(max_items), max_bytes_(max_bytes) {}
  BoundedQueue(const BoundedQueue&) = delete;
  BoundedQueue& operator=(const BoundedQueue&) = delete;

  /// Waits for room. False, and the item is dropped, when the taker has gone (`cancel`).
  bool push(Item item, std::size_t bytes) {
    std::unique_lock<std::mutex> lock(mutex_);
    room_.wait(lock, [&] {
      return cancelled_ || entries_.empty() ||
             (entries_.size() < max_items_ && bytes <= max_bytes_ && bytes_ <= max_bytes_ - bytes);
    });
    if (cancelled_) return false;
    bytes_ += bytes;
    entries_.push_back({std::move(item), bytes});
    arrival_.notify_one();
    return true;
  }

  /// Waits for an item. False when there will be no more.
  bool pop(Item& item) {
    std::unique_lock<std::mutex> lock(mutex_);
    arrival_.wait(lock, [&] { return closed_ || cancelled_ || !entries_.empty(); });
    return take(item);
  }

  /// Takes an item that is there already. Never waits.
  bool pop_at_hand(Item& item) {
    const std::lock_guard<std::mutex> lock(mutex_);
    return take(item);
  }

  /// The giver is done: what is in the queue can still be taken.
  void close() {
    const std::lock_guard<std::mutex> lock(mutex_);
    closed_ = true;
    arrival_.notify_all();
  }

  /// The taker is done: what is in the queue is dropped, nobody waits any more.
  void cancel() {
    const std::lock_guard<std::mutex> lock(mutex_);
    cancelled_ = true;
    entries_.clear();
    bytes_ = 0;
    room_.notify_all();
    arrival_.notify_all();
  }

 private:
  struct Entry {
    Item item;
    std::size_t bytes;
  };

  /// With the lock held.
  bool take(Item& item) {
    if (cancelled_ || entries_.empty()) return false;
    item = std::move(entries_.front().item);
    bytes_ -= entries_.front().bytes;
    entries_.pop_front();
    room_.notify_all();
    return true;
  }

  const std::size_t max_items_;
  const std::size_t max_bytes_;
  std::mutex mutex_;
  std::condition_variable room_;
  std::condition_variable arrival_;
  std::deque<Entry> entries_;
  std::size_t bytes_ = 0;  // of all entries
  bool closed_ = false;
  bool cancelled_ = false;
};

}  // namespace gliner::cli
