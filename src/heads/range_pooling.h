#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "nn/packed_upload.h"
#include "prompt/packed_batch.h"

namespace gliner {

/// One vector per range of tokens, as heads/pooling.h makes them, without a word to the device for each:
/// planned on the host, then a few operations over all ranges at once, as many as the longest range has
/// tokens. Lives for one pass.
class RangePooling {
 public:
  /// `tokens`: T, of the whole batch.
  RangePooling(TokenPooling pooling, std::int64_t tokens) : pooling_(pooling), tokens_(tokens) {}

  /// Tokens from `end` on have zero vectors, which count as the others do. An empty range is a zero vector.
  void add(const TokenRange& range, std::int64_t end);

  /// Before the upload is sent, after everything was added.
  void prepare(PackedUpload& upload);

  /// tokens: [T, H] -> [ranges, H].
  at::Tensor forward(const at::Tensor& tokens, const PackedUpload& upload) const;

 private:
  // The further token of each range that has so many.
  struct Step {
    std::vector<std::int32_t> rows, tokens;
    PackedUpload::Handle rows_at = 0, tokens_at = 0;
  };
  // Where the vector of a token is found: behind the last one there is a zero vector.
  std::int32_t place_of(std::int64_t token, std::int64_t end);

  TokenPooling pooling_;
  std::int64_t tokens_;
  bool has_zeros_ = false;
  std::vector<std::int32_t> first_, sizes_;  // Per range
  std::vector<Step> steps_;
  PackedUpload::Handle first_at_ = 0, sizes_at_ = 0;
};

}  // namespace gliner
