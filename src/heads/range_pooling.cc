#include "heads/range_pooling.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "base/check.h"

namespace gliner {

std::int32_t RangePooling::place_of(std::int64_t token, std::int64_t end) {
  if (token < end) return static_cast<std::int32_t>(token);
  has_zeros_ = true;
  return static_cast<std::int32_t>(tokens_);
}

void RangePooling::add(const TokenRange& range, std::int64_t end) {
  GLINER_CHECK(range.begin >= 0 && range.begin <= range.end && end <= tokens_);
  const auto row = static_cast<std::int32_t>(first_.size());
  const bool is_empty = range.begin == range.end;
  first_.push_back(place_of(range.begin, is_empty ? range.begin : end));
  if (pooling_ == TokenPooling::kFirst) return;
  sizes_.push_back(std::max(1, range.end - range.begin));
  for (std::int64_t token = std::int64_t{range.begin} + 1; token < range.end; ++token) {
    const auto number = static_cast<std::size_t>(token - range.begin - 1);
    if (number >= steps_.size()) steps_.emplace_back();
    steps_[number].rows.push_back(row);
    steps_[number].tokens.push_back(place_of(token, end));
  }
}

void RangePooling::prepare(PackedUpload& upload) {
  first_at_ = upload.add(first_);
  if (steps_.empty()) return;
  sizes_at_ = upload.add(sizes_);
  for (Step& step : steps_) {
    step.rows_at = upload.add(step.rows);
    step.tokens_at = upload.add(step.tokens);
  }
}

at::Tensor RangePooling::forward(const at::Tensor& tokens, const PackedUpload& upload) const {
  GLINER_CHECK(tokens.size(0) == tokens_);
  const at::Tensor from = has_zeros_ ? at::constant_pad_nd(tokens, {0, 0, 0, 1}) : tokens;  // [T (+ 1), H]
  at::Tensor rows = from.index_select(0, upload.integers(first_at_));                       // [ranges, H]
  for (const Step& step : steps_) {
    const at::Tensor index = upload.integers(step.rows_at).to(at::kLong);
    const at::Tensor own = from.index_select(0, upload.integers(step.tokens_at));
    if (pooling_ == TokenPooling::kMean)
      rows.index_add_(0, index, own);
    else
      rows.index_copy_(0, index, at::maximum(rows.index_select(0, index), own));
  }
  if (pooling_ == TokenPooling::kMean && !steps_.empty())
    rows.div_(upload.integers(sizes_at_).to(at::kFloat).unsqueeze(1));
  return rows;
}

}  // namespace gliner
