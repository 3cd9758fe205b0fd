// The kernels of kernels.h for one instruction set. Each kernels_*.cc defines GLINER_KERNEL_SET and includes
// this file under its own compiler flags. Nothing here may come from the standard library: an inline function
// of it, compiled for a newer CPU, could be the copy that the linker keeps for the whole program.
#include "nn/cpu/attention_impl.h"
#include "nn/cpu/columns_impl.h"
#include "nn/cpu/kernels.h"
#include "nn/cpu/panel_product_impl.h"
#include "nn/cpu/quantized_impl.h"
#include "nn/cpu/rotary_impl.h"
#include "nn/cpu/vec_impl.h"

namespace gliner {
namespace GLINER_KERNEL_SET {
namespace {

#if defined(__AVX512F__)
constexpr int kQueryBlock = 4;  // Queries held in registers by span_scores: 4 widths x 4 of 32.
#else
constexpr int kQueryBlock = 2;
#endif

// A block of kWidths x kQueries spans and queries: relu(start + end) is made once in registers and used for
// all queries of the block, never stored.
template <int kWidths, int kQueries>
GLINER_INLINE void span_block(const SpanScores& s, std::int64_t width, std::int64_t query) {
  Vec sum[kWidths][kQueries] = {};
  float rest[kWidths][kQueries] = {};
  const float* end = s.end + width * s.inner;
  const float* queries = s.queries + query * s.inner;
  std::int64_t c = 0;
  for (; c + kLanes <= s.inner; c += kLanes) {
    const Vec start = load(s.start + c);
    Vec hidden[kWidths];
#pragma GCC unroll 4
    for (int k = 0; k < kWidths; ++k) hidden[k] = larger(start + load(end + k * s.inner + c), Vec{});
#pragma GCC unroll 4
    for (int q = 0; q < kQueries; ++q) {
      const Vec f = load(queries + q * s.inner + c);
#pragma GCC unroll 4
      for (int k = 0; k < kWidths; ++k) sum[k][q] += hidden[k] * f;
    }
  }
  for (; c < s.inner; ++c)
    for (int k = 0; k < kWidths; ++k) {
      const float sum_here = s.start[c] + end[k * s.inner + c];
      const float hidden = sum_here > 0 ? sum_here : 0;
      for (int q = 0; q < kQueries; ++q) rest[k][q] += hidden * queries[q * s.inner + c];
    }
  for (int q = 0; q < kQueries; ++q)
    for (int k = 0; k < kWidths; ++k)
      s.scores[(query + q) * s.score_stride + width + k] = s.bias[query + q] + sum_of(sum[k][q]) + rest[k][q];
}

template <int kWidths>
GLINER_INLINE void span_widths(const SpanScores& s, std::int64_t width) {
  std::int64_t q = 0;
  for (; q + kQueryBlock <= s.query_count; q += kQueryBlock) span_block<kWidths, kQueryBlock>(s, width, q);
  for (; q < s.query_count; ++q) span_block<kWidths, 1>(s, width, q);
}

void span_scores(const SpanScores& s) {
  std::int64_t width = 0;
  for (; width + 4 <= s.widths; width += 4) span_widths<4>(s, width);
  for (; width < s.widths; ++width) span_widths<1>(s, width);
}

void span_sums(const SpanSums& s) {
  const std::int64_t whole = s.inner / kLanes * kLanes;
  for (std::int64_t k = 0; k < s.widths; ++k) {
    const float* const end = s.end + k * s.inner;
    float* const y = s.y + k * s.inner;
    for (std::int64_t c = 0; c < whole; c += kLanes)
      store(y + c, larger(load(s.start + c) + load(end + c), Vec{}));
    for (std::int64_t c = whole; c < s.inner; ++c) {
      const float sum = s.start[c] + end[c];
      y[c] = sum > 0 ? sum : 0;
    }
  }
}

void layer_norm(const LayerNormRows& n) {
  const float count = static_cast<float>(n.columns);
  for (std::int64_t row = 0; row < n.rows; ++row) {
    const float* x = n.x + row * n.columns;
    float* y = n.y + row * n.columns;
    const std::int64_t whole = n.columns / kLanes * kLanes;
    Vec sum = {};
    float rest = 0;
    for (std::int64_t c = 0; c < whole; c += kLanes) sum += load(x + c);
    for (std::int64_t c = whole; c < n.columns; ++c) rest += x[c];
    const float mean = (sum_of(sum) + rest) / count;
    Vec squares = {};
    rest = 0;
    for (std::int64_t c = 0; c < whole; c += kLanes) {
      const Vec distance = load(x + c) - mean;
      squares += distance * distance;
    }
    for (std::int64_t c = whole; c < n.columns; ++c) rest += (x[c] - mean) * (x[c] - mean);
    const float factor = 1.0F / __builtin_sqrtf((sum_of(squares) + rest) / count + n.eps);
    for (std::int64_t c = 0; c < whole; c += kLanes) {
      Vec value = (load(x + c) - mean) * factor * load(n.weight + c);
      if (n.bias) value += load(n.bias + c);
      store(y + c, value);
    }
    for (std::int64_t c = whole; c < n.columns; ++c)
      y[c] = (x[c] - mean) * factor * n.weight[c] + (n.bias ? n.bias[c] : 0.0F);
  }
}

}  // namespace
}  // namespace GLINER_KERNEL_SET
}  // namespace gliner
