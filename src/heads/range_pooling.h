#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "nn/packed_upload.h"
#include "prompt/packed_batch.h"

namespace gliner {

/// One vector per list of tokens in one operation: the only token's, or the mean or the largest of them;
/// zeros for an empty list. tokens: [T, H]; list r is `own`, int32, from begins[r] on -> [lists, H]. With
/// TokenPooling::kFirst a list has one token at most.
at::Tensor pool_lists(const at::Tensor& tokens, const at::Tensor& begins, const at::Tensor& own,
                      TokenPooling pooling);

/// One vector per range of tokens, as heads/pooling.h makes them, without a word to the device for each:
/// planned on the host, then pooled at once. Lives for one pass.
class RangePooling {
 public:
  /// `tokens`: T, of the whole batch.
  RangePooling(TokenPooling pooling, std::int64_t tokens) : pooling_(pooling), tokens_(tokens) {}

  /// Tokens from `end` on have zero vectors, which count as the others do. An empty range is a zero vector.
  void add(const TokenRange& range, std::int64_t end);

  /// Before the upload is sent, after everything was added.
  void prepare(PackedUpload& upload);

  /// tokens: [T, H] -> [ranges, H].
  at::Tensor forward(const at::Tensor& tokens, const Uploaded& upload) const;

 private:
  TokenPooling pooling_;
  std::int64_t tokens_;
  bool has_zeros_ = false;  // Token T is meant somewhere: a zero vector behind the last one.
  std::vector<std::int32_t> begins_, own_;
  UploadHandle begins_at_ = 0, own_at_ = 0;
};

}  // namespace gliner
