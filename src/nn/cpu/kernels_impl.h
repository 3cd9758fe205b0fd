// The kernels of kernels.h for one instruction set. Each kernels_*.cc defines GLINER_KERNEL_SET and includes
// this file under its own compiler flags. Nothing here may come from the standard library: an inline function
// of it, compiled for a newer CPU, could be the copy that the linker keeps for the whole program.
#include "nn/cpu/kernels.h"

namespace gliner {
namespace GLINER_KERNEL_SET {
namespace {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
constexpr int kOutVecs = 4;     // Vectors of an output row held in registers: 4 rows x 4 of 32.
constexpr int kQueryBlock = 4;  // Queries held in registers by span_scores: 4 widths x 4 of 32.
#elif defined(__AVX2__)
constexpr int kLanes = 8;
constexpr int kOutVecs = 2;
constexpr int kQueryBlock = 2;
#else
constexpr int kLanes = 4;
constexpr int kOutVecs = 2;
constexpr int kQueryBlock = 2;
#endif
constexpr int kRows = 4;  // Query rows of one attention tile.

using Vec = float __attribute__((vector_size(kLanes * sizeof(float))));
using UnalignedVec = float __attribute__((vector_size(kLanes * sizeof(float)), aligned(4), may_alias));
using IntVec = std::int32_t __attribute__((vector_size(kLanes * sizeof(float))));

#define GLINER_INLINE inline __attribute__((always_inline))

GLINER_INLINE Vec load(const float* p) { return *reinterpret_cast<const UnalignedVec*>(p); }
GLINER_INLINE void store(float* p, Vec v) { *reinterpret_cast<UnalignedVec*>(p) = v; }
GLINER_INLINE Vec splat(float x) { return Vec{} + x; }
GLINER_INLINE Vec larger(Vec a, Vec b) { return a > b ? a : b; }
GLINER_INLINE std::int64_t at_most(std::int64_t a, std::int64_t b) { return a < b ? a : b; }
GLINER_INLINE std::int64_t at_least(std::int64_t a, std::int64_t b) { return a > b ? a : b; }
GLINER_INLINE std::int64_t round_up(std::int64_t a, std::int64_t step) {
  return (a + step - 1) / step * step;
}

GLINER_INLINE float sum_of(Vec v) {
  float sum = 0;
  for (int i = 0; i < kLanes; ++i) sum += v[i];
  return sum;
}

// e^x for x <= 0: 2^n times a polynomial on [-ln2/2, ln2/2] (coefficients of Cephes' expf), within 2 ulp.
// Below -87 it stays at e^-87, which is zero beside the largest term of a softmax.
GLINER_INLINE Vec exp_of_negative(Vec x) {
  x = larger(x, splat(-87.0F));
  const IntVec n =
      __builtin_convertvector(x * 1.44269504088896341F - 0.5F, IntVec);  // Rounds to nearest: x <= 0.
  const Vec nf = __builtin_convertvector(n, Vec);
  const Vec r = x - nf * 0.693359375F - nf * -2.12194440e-4F;
  Vec p = splat(1.9875691500e-4F);
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  const IntVec exponent = (n + 127) << 23;
  return p * reinterpret_cast<Vec>(exponent);
}

// Where attention_head keeps its copies; the sizes are those of attention_scratch_floats for the widest
// vectors.
struct AttentionScratch {
  std::int64_t key_stride;    // Padded length.
  std::int64_t value_stride;  // Padded head size.
  float* key;                 // [D, key_stride], transposed, zeros behind L.
  float* value;               // [L, value_stride], zeros behind D.
  float* scores;              // [kRows, key_stride]
  float* query;               // [D, kRows]
};

GLINER_INLINE AttentionScratch lay_out(const AttentionHead& h) {
  AttentionScratch s;
  s.key_stride = round_up(h.length, 2 * kLanes);
  s.value_stride = round_up(h.head_size, kLanes * kOutVecs);
  s.key = h.scratch;
  s.value = s.key + h.head_size * s.key_stride;
  s.scores = s.value + h.length * s.value_stride;
  s.query = s.scores + kRows * s.key_stride;
  return s;
}

GLINER_INLINE void copy_key_and_value(const AttentionHead& h, const AttentionScratch& s) {
  for (std::int64_t j = 0; j < h.length; ++j) {
    const float* k = h.key + j * h.stride;
    const float* v = h.value + j * h.stride;
    float* to = s.value + j * s.value_stride;
    for (std::int64_t d = 0; d < h.head_size; ++d) {
      s.key[d * s.key_stride + j] = k[d];
      to[d] = v[d];
    }
    for (std::int64_t d = h.head_size; d < s.value_stride; ++d) to[d] = 0;
  }
  for (std::int64_t d = 0; d < h.head_size; ++d)
    for (std::int64_t j = h.length; j < s.key_stride; ++j) s.key[d * s.key_stride + j] = 0;
}

// Scores of rows row[0..kRows) and columns [begin, end), both multiples of two vectors. The position tables
// are read at an offset that moves by one with every row, so that no gather is needed; the query's table is
// folded into the product with the key:  q.k + p.k = (q + p).k.
template <bool kPositionKey, bool kPositionQuery>
GLINER_INLINE void score_rows(const AttentionHead& h, const AttentionScratch& s, const std::int64_t* row,
                              std::int64_t begin, std::int64_t end) {
  for (std::int64_t j = begin; j < end; j += 2 * kLanes) {
    Vec low[kRows] = {};
    Vec high[kRows] = {};
    for (std::int64_t d = 0; d < h.head_size; ++d) {
      const float* k = s.key + d * s.key_stride + j;
      const Vec k_low = load(k);
      const Vec k_high = load(k + kLanes);
      const std::int64_t column = d * h.position_stride + h.length - 1 + j;
#pragma GCC unroll 4
      for (int r = 0; r < kRows; ++r) {
        const Vec q = splat(s.query[d * kRows + r]);
        Vec a_low = q;
        Vec a_high = q;
        if constexpr (kPositionQuery) {
          const float* p = h.position_query + column - row[r];
          a_low += load(p);
          a_high += load(p + kLanes);
        }
        low[r] += a_low * k_low;
        high[r] += a_high * k_high;
        if constexpr (kPositionKey) {
          const float* p = h.position_key + column - row[r];
          low[r] += q * load(p);
          high[r] += q * load(p + kLanes);
        }
      }
    }
    for (int r = 0; r < kRows; ++r) {
      store(s.scores + r * s.key_stride + j, low[r] * h.scale);
      store(s.scores + r * s.key_stride + j + kLanes, high[r] * h.scale);
    }
  }
}

// Softmax without its division over columns [begin, end) of one row of scores. The other columns of
// [all_begin, all_end) become e^-87, which no sum of float32 notices. Returns the sum.
GLINER_INLINE float exponentials(float* scores, std::int64_t begin, std::int64_t end, std::int64_t all_begin,
                                 std::int64_t all_end) {
  constexpr float kNone =
      -3.0e38F;  // Less than any score; not -inf, whose difference with itself is no number.
  for (std::int64_t j = all_begin; j < begin; ++j) scores[j] = kNone;
  for (std::int64_t j = end; j < all_end; ++j) scores[j] = kNone;
  Vec largest = splat(kNone);
  for (std::int64_t j = all_begin; j < all_end; j += kLanes) largest = larger(largest, load(scores + j));
  float top = kNone;
  for (int i = 0; i < kLanes; ++i) top = largest[i] > top ? largest[i] : top;
  Vec sum = {};
  for (std::int64_t j = all_begin; j < all_end; j += kLanes) {
    const Vec e = exp_of_negative(load(scores + j) - top);
    store(scores + j, e);
    sum += e;
  }
  return sum_of(sum);
}

// out[row[r]] = sum_j weights[r, j] * value[j] / total[r] over columns [begin, end).
GLINER_INLINE void weigh_values(const AttentionHead& h, const AttentionScratch& s, const std::int64_t* row,
                                const float* total, std::int64_t begin, std::int64_t end) {
  for (std::int64_t d = 0; d < h.head_size; d += kLanes * kOutVecs) {
    Vec sum[kRows][kOutVecs] = {};
    for (std::int64_t j = begin; j < end; ++j) {
      Vec v[kOutVecs];
      for (int n = 0; n < kOutVecs; ++n) v[n] = load(s.value + j * s.value_stride + d + n * kLanes);
#pragma GCC unroll 4
      for (int r = 0; r < kRows; ++r) {
        const Vec w = splat(s.scores[r * s.key_stride + j]);
#pragma GCC unroll 4
        for (int n = 0; n < kOutVecs; ++n) sum[r][n] += w * v[n];
      }
    }
    const std::int64_t columns = at_most(kLanes * kOutVecs, h.head_size - d);
    for (int r = 0; r < kRows; ++r) {
      float* out = h.out + row[r] * h.out_stride + d;
      const float factor = 1.0F / total[r];
      float buffer[kLanes * kOutVecs];
      for (int n = 0; n < kOutVecs; ++n) store(buffer + n * kLanes, sum[r][n] * factor);
      for (std::int64_t c = 0; c < columns; ++c) out[c] = buffer[c];
    }
  }
}

template <bool kPositionKey, bool kPositionQuery>
GLINER_INLINE void attend(const AttentionHead& h) {
  const AttentionScratch s = lay_out(h);
  copy_key_and_value(h, s);
  for (std::int64_t first = 0; first < h.length; first += kRows) {
    std::int64_t row[kRows];  // The last tile repeats the last row instead of running past it.
    for (int r = 0; r < kRows; ++r) row[r] = at_most(first + r, h.length - 1);
    for (std::int64_t d = 0; d < h.head_size; ++d)
      for (int r = 0; r < kRows; ++r) s.query[d * kRows + r] = h.query[row[r] * h.stride + d];

    const std::int64_t window = h.window < 0 ? h.length : h.window;
    const std::int64_t begin = at_least(0, row[0] - window) / (2 * kLanes) * (2 * kLanes);
    const std::int64_t end = round_up(at_most(h.length, row[kRows - 1] + window + 1), 2 * kLanes);
    score_rows<kPositionKey, kPositionQuery>(h, s, row, begin, end);

    float total[kRows];
    for (int r = 0; r < kRows; ++r)
      total[r] = exponentials(s.scores + r * s.key_stride, at_least(0, row[r] - window),
                              at_most(h.length, row[r] + window + 1), begin, end);
    weigh_values(h, s, row, total, at_least(0, row[0] - window),
                 at_most(h.length, row[kRows - 1] + window + 1));
  }
}

void attention_head(const AttentionHead& h) {
  if (h.position_key && h.position_query)
    attend<true, true>(h);
  else if (h.position_key)
    attend<true, false>(h);
  else if (h.position_query)
    attend<false, true>(h);
  else
    attend<false, false>(h);
}

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

#undef GLINER_INLINE

}  // namespace
}  // namespace GLINER_KERNEL_SET
}  // namespace gliner
