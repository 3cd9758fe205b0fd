#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "prompt/span_batch.h"

namespace gliner {

/// Vectors of labels that a bi-encoder has read before. Holds at most `capacity` labels; the one that was not
/// asked for the longest goes first. Safe to call from any number of threads.
class LabelCache {
 public:
  explicit LabelCache(std::size_t capacity) : capacity_(capacity) {}

  /// The vectors of `labels` in their order; `encode` is called, outside of any lock, with those that are not
  /// here, each once.
  LabelMatrix get(const std::vector<std::string>& labels,
                  const std::function<LabelMatrix(const std::vector<std::string>&)>& encode);

 private:
  using Entry = std::pair<std::string, std::vector<float>>;

  bool find(const std::string& label, std::vector<float>& vector);
  void insert(const std::string& label, const std::vector<float>& vector);

  std::size_t capacity_;
  std::mutex mutex_;
  std::list<Entry> entries_;                                                // The latest first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;  // Keys live in entries_
};

}  // namespace gliner
