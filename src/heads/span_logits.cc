#include "heads/span_logits.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

#include "nn/cpu/kernels.h"
#include "nn/rows.h"
#include "nn/threads.h"

namespace gliner {
namespace {

constexpr float kNone = -std::numeric_limits<float>::infinity();

// Spans whose [spans, C] exist at once in the packed form: enough for a product at full speed, few enough to
// stay in the second cache.
constexpr std::int64_t kSpansAtOnce = 192;

}  // namespace

at::Tensor fused_span_logits(const at::Tensor& start, const at::Tensor& end, const at::Tensor& folded,
                             const at::Tensor& bias, std::int64_t max_width) {
  const std::int64_t rows = start.size(0);
  const std::int64_t inner = start.size(1);
  at::Tensor logits = at::full({folded.size(0), rows, max_width}, kNone,
                               start.options());  // [Q, R, K]
  SpanScores all;
  all.queries = folded.data_ptr<float>();
  all.bias = bias.data_ptr<float>();
  all.query_count = folded.size(0);
  all.inner = inner;
  all.score_stride = rows * max_width;
  parallel_tasks(rows, [&](std::int64_t row) {
    SpanScores one = all;
    one.start = start.data_ptr<float>() + row * inner;
    one.end = end.data_ptr<float>() + row * inner;
    one.widths = std::min(max_width, rows - row);
    one.scores = logits.data_ptr<float>() + row * max_width;
    cpu_kernels().span_scores(one);
  });
  return logits;
}

at::Tensor plain_span_logits(const at::Tensor& start, const at::Tensor& end, const at::Tensor& folded,
                             const at::Tensor& bias, std::int64_t max_width) {
  const std::int64_t rows = start.size(0);
  at::Tensor logits = at::full({folded.size(0), rows, max_width}, kNone,
                               start.options());  // [Q, R, K]
  for (std::int64_t width = 0; width < std::min(max_width, rows); ++width) {
    const std::int64_t spans = rows - width;
    const at::Tensor hidden =
        at::relu(start.narrow(0, 0, spans) + end.narrow(0, width, spans));  // [spans, C]
    logits.select(2, width).narrow(1, 0, spans).copy_(at::linear(hidden, folded, bias).t());
  }
  return logits;
}

at::Tensor packed_span_logits(const at::Tensor& start, const at::Tensor& end, const Projection& product,
                              std::int64_t max_width) {
  const std::int64_t rows = start.size(0), inner = start.size(1);
  const at::Tensor ends = at::constant_pad_nd(end, {0, 0, 0, max_width - 1}).contiguous();  // [R + K - 1, C]
  const at::Tensor starts = start.contiguous();
  at::Tensor logits = at::empty({rows, max_width, product.out()}, start.options());  // [R, K, Q]
  const std::int64_t step = std::max<std::int64_t>(1, kSpansAtOnce / max_width);
  for (std::int64_t row = 0; row < rows; row += step) {
    const std::int64_t count = std::min(step, rows - row);
    at::Tensor hidden = new_rows(count * max_width, inner, start.device());
    parallel_tasks(count, [&](std::int64_t r) {
      SpanSums one;
      one.start = starts.data_ptr<float>() + (row + r) * inner;
      one.end = ends.data_ptr<float>() + (row + r) * inner;
      one.widths = max_width;
      one.inner = inner;
      one.y = hidden.data_ptr<float>() + r * max_width * inner;
      cpu_kernels().span_sums(one);
    });
    const at::Tensor scores = product.forward(hidden);  // [spans, Q]
    logits.narrow(0, row, count).copy_(scores.view({count, max_width, product.out()}));
  }
  for (std::int64_t width = 1; width < max_width; ++width) {
    const std::int64_t beyond = std::min(width, rows);
    logits.narrow(0, rows - beyond, beyond).select(1, width).fill_(kNone);
  }
  return logits.permute({2, 0, 1});
}

}  // namespace gliner
