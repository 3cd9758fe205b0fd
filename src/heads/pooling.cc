#include "heads/pooling.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "base/check.h"
#include "nn/index_tensor.h"
#include "nn/rows.h"

namespace gliner {
namespace {

at::Tensor pool_row(const at::Tensor& tokens, const TokenRange& range, std::int64_t sequence_end,
                    TokenPooling pooling) {
  const std::int64_t length = range.end - range.begin;
  if (pooling == TokenPooling::kFirst || length <= 1) {
    // A word without sub-tokens takes the token that follows it, if its sequence has one.
    if (range.begin >= sequence_end) return at::zeros({tokens.size(1)}, tokens.options());
    return tokens.select(0, range.begin);
  }
  const at::Tensor own = tokens.narrow(0, range.begin, length);  // [sub-tokens, H]
  return pooling == TokenPooling::kMean ? own.mean(0) : own.amax(0);
}

}  // namespace

at::Tensor pool_rows(const at::Tensor& tokens, const PackedBatch& batch) {
  std::int64_t count = 0;
  for (const PackedSequence& sequence : batch.sequences)
    count += static_cast<std::int64_t>(sequence.rows.size());
  at::Tensor rows = new_rows(count, tokens.size(1), tokens.device());  // [R, H]
  std::int64_t row = 0;
  for (const PackedSequence& sequence : batch.sequences)
    for (const TokenRange& range : sequence.rows) {
      GLINER_CHECK(range.begin >= sequence.token_begin && range.begin <= range.end &&
                   range.end <= sequence.token_end);
      rows.select(0, row++).copy_(pool_row(tokens, range, sequence.token_end, batch.pooling));
    }
  return rows;
}

at::Tensor pool_ranges(const at::Tensor& tokens, const std::vector<TokenRange>& ranges, bool largest) {
  std::vector<std::int64_t> first;
  for (const TokenRange& range : ranges) {
    GLINER_CHECK(range.begin >= 0 && range.begin <= range.end && range.end <= tokens.size(0));
    first.push_back(std::min<std::int64_t>(range.begin, std::max<std::int64_t>(tokens.size(0) - 1, 0)));
  }
  if (tokens.size(0) == 0)
    return at::zeros({static_cast<std::int64_t>(ranges.size()), tokens.size(1)}, tokens.options());
  at::Tensor rows = new_rows(static_cast<std::int64_t>(ranges.size()), tokens.size(1), tokens.device());
  at::index_select_out(rows, tokens, 0, index_tensor(first, tokens.device()));
  for (std::size_t i = 0; i < ranges.size(); ++i) {
    const std::int64_t length = ranges[i].end - ranges[i].begin;
    if (length == 1) continue;
    at::Tensor row = rows.select(0, static_cast<std::int64_t>(i));
    if (length == 0) {
      row.zero_();
    } else {
      const at::Tensor own = tokens.narrow(0, ranges[i].begin, length);  // [sub-tokens, H]
      row.copy_(largest ? own.amax(0) : own.mean(0));
    }
  }
  return rows;
}

}  // namespace gliner
