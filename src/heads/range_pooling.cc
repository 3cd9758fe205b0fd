#include "heads/range_pooling.h"

#include <ATen/ATen.h>

#include <tuple>

#include "base/check.h"

namespace gliner {
namespace {

// Modes of LibTorch's embedding_bag.
constexpr std::int64_t kSumOfBag = 0, kMeanOfBag = 1, kMostOfBag = 2;

}  // namespace

at::Tensor pool_lists(const at::Tensor& tokens, const at::Tensor& begins, const at::Tensor& own,
                      TokenPooling pooling) {
  if (begins.size(0) == 0 || own.size(0) == 0)
    return at::zeros({begins.size(0), tokens.size(1)}, tokens.options());
  const std::int64_t mode = pooling == TokenPooling::kMean  ? kMeanOfBag
                            : pooling == TokenPooling::kMax ? kMostOfBag
                                                            : kSumOfBag;
  return std::get<0>(at::embedding_bag(tokens, own, begins, /*scale_grad_by_freq=*/false, mode));
}

void RangePooling::add(const TokenRange& range, std::int64_t end) {
  GLINER_CHECK(range.begin >= 0 && range.begin <= range.end && end <= tokens_);
  begins_.push_back(static_cast<std::int32_t>(own_.size()));
  const std::int32_t last = pooling_ == TokenPooling::kFirst ? range.begin + 1 : range.end;
  if (range.begin == range.end || range.begin >= end) return;  // Zeros
  for (std::int32_t token = range.begin; token < last; ++token) {
    const bool is_zero = token >= end;
    has_zeros_ = has_zeros_ || is_zero;
    own_.push_back(is_zero ? static_cast<std::int32_t>(tokens_) : token);
  }
}

void RangePooling::prepare(PackedUpload& upload) {
  begins_at_ = upload.add(begins_);
  own_at_ = upload.add(own_);
}

at::Tensor RangePooling::forward(const at::Tensor& tokens, const Uploaded& upload) const {
  GLINER_CHECK(tokens.size(0) == tokens_);
  const at::Tensor from = has_zeros_ ? at::constant_pad_nd(tokens, {0, 0, 0, 1}) : tokens;  // [T (+ 1), H]
  return pool_lists(from, upload.integers(begins_at_), upload.integers(own_at_), pooling_);
}

}  // namespace gliner
