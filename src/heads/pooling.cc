#include "heads/pooling.h"

#include <ATen/ATen.h>

#include "base/check.h"
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

}  // namespace gliner
