#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

namespace gliner {

/// The keys and values that a causal decoder has computed for one sequence, so that later tokens need only
/// their own. Grows by doubling. A copy shares no memory with the original. Owned by whoever runs the
/// sequence; not thread-safe.
class KvCache {
 public:
  KvCache() = default;
  KvCache(const KvCache& other);
  KvCache& operator=(const KvCache& other);
  KvCache(KvCache&&) noexcept = default;
  KvCache& operator=(KvCache&&) noexcept = default;
  ~KvCache() = default;

  /// Tokens of which every layer has keys and values.
  std::int64_t length() const { return length_; }
  /// Forgets all tokens but the first `length`.
  void crop(std::int64_t length);
  /// A cache of the first `length` tokens, which shares no memory with this one.
  KvCache first(std::int64_t length) const;

  // For the decoder, during one forward pass over new tokens:

  /// Appends the new tokens' rows [L, H] of one layer, and gives that layer's rows of all tokens so far.
  struct Rows {
    at::Tensor keys;    ///< [length() + L, H]
    at::Tensor values;  ///< [length() + L, H]
  };
  Rows append(std::size_t layer, const at::Tensor& keys, const at::Tensor& values);
  /// Counts the tokens that all layers have appended.
  void advance(std::int64_t tokens) { length_ += tokens; }

 private:
  std::int64_t length_ = 0;
  std::vector<Rows> layers_;  // [capacity, H]
};

}  // namespace gliner
