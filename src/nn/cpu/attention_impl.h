#pragma once

// Attention of one head over one sequence for one instruction set; see kernels_impl.h.
#include "nn/cpu/kernels.h"
#include "nn/cpu/vec_impl.h"

namespace gliner {
namespace GLINER_KERNEL_SET {
namespace {

#if defined(__AVX512F__)
constexpr int kTileRows = 8;  // Query rows whose sums are held in registers together: 8 x 2 of 32.
#else
constexpr int kTileRows = 4;
#endif
constexpr int kTileVecs = 2;  // Vectors of keys likewise.
constexpr std::int64_t kTileColumns = kTileVecs * kLanes;
constexpr int kValueRows = 4;             // Rows of the product with the values held in registers together.
constexpr std::int64_t kDepth = 16;       // Dimensions that a tile walks its columns with; see score_tile.
constexpr std::int64_t kLineFloats = 16;  // Of a cache line.

// Where attention_head keeps its copies; attention_scratch_floats gives the sizes for the widest vectors.
struct AttentionScratch {
  std::int64_t key_stride;
  std::int64_t value_stride;
  std::int64_t score_stride;
  float* key;     // [D, key_stride], transposed: key j is column kLanes + j, zeros on both sides.
  float* value;   // [L, value_stride], zeros behind D.
  float* scores;  // [kTileRows, score_stride]
  float* query;   // [D, kTileRows]
};

GLINER_INLINE AttentionScratch lay_out(const AttentionHead& h) {
  AttentionScratch s;
  s.score_stride = round_up(h.length + kLanes, kTileColumns);
  // An odd number of cache lines, so that a column of the matrix does not fall into one set of the cache.
  s.key_stride = round_up(kLanes + s.score_stride, kLineFloats);
  if (s.key_stride / kLineFloats % 2 == 0) s.key_stride += kLineFloats;
  s.value_stride = round_up(h.head_size, kLanes * kOutVecs);
  s.key = h.scratch;
  s.value = s.key + h.head_size * s.key_stride;
  s.scores = s.value + h.length * s.value_stride;
  s.query = s.scores + kTileRows * s.score_stride;
  return s;
}

// Four keys at a time, so that a step of the transposition writes four neighbours.
GLINER_INLINE void transpose_keys(const AttentionHead& h, const AttentionScratch& s) {
  for (std::int64_t d = 0; d < h.head_size; ++d) {
    float* row = s.key + d * s.key_stride;
    for (std::int64_t c = 0; c < kLanes; ++c) row[c] = 0;
    for (std::int64_t c = kLanes + h.length; c < s.key_stride; ++c) row[c] = 0;
  }
  std::int64_t j = 0;
  for (; j + 4 <= h.length; j += 4) {
    const float* k = h.key + j * h.stride;
    float* to = s.key + kLanes + j;
    for (std::int64_t d = 0; d < h.head_size; ++d)
      for (int n = 0; n < 4; ++n) to[d * s.key_stride + n] = k[n * h.stride + d];
  }
  for (; j < h.length; ++j)
    for (std::int64_t d = 0; d < h.head_size; ++d)
      s.key[d * s.key_stride + kLanes + j] = h.key[j * h.stride + d];
}

GLINER_INLINE void copy_values(const AttentionHead& h, const AttentionScratch& s) {
  for (std::int64_t j = 0; j < h.length; ++j) {
    const float* from = h.value + j * h.stride;
    float* to = s.value + j * s.value_stride;
    for (std::int64_t d = 0; d < h.head_size; ++d) to[d] = from[d];
    for (std::int64_t d = h.head_size; d < s.value_stride; ++d) to[d] = 0;
  }
}

// Queries row, row + step, ... and the columns that their scores are computed for: column c is key first_key
// + c.
struct Tile {
  std::int64_t row;
  std::int64_t step;
  std::int64_t first_key;  // May be negative, above -kLanes.
  std::int64_t begin;      // Columns [begin, end), both multiples of kTileColumns.
  std::int64_t end;
};

// Adds dimensions [first, last) to the sums of a tile's rows with the keys j .. j + kTileColumns - 1. The
// rows of a tile with tables are kLanes apart (see attend), so that the columns of the tables for one row and
// vector of keys are those of the next row and the next vector, and a tile needs kRows + 1 vectors of each
// table, not 2 * kRows. The query's table is folded into the product with the key: q.k + p.k = (q + p).k.
template <bool kPositions, int kRows>
GLINER_INLINE void add_dimensions(const AttentionHead& h, const AttentionScratch& s, const Tile& t,
                                  std::int64_t j, std::int64_t first, std::int64_t last,
                                  Vec (&sum)[kRows][kTileVecs]) {
  // Column of the tables for the first vector of keys and the tile's last row.
  const std::int64_t column = h.length - 1 - (t.row + (kRows - 1) * kLanes) + j;
  for (std::int64_t d = first; d < last; ++d) {
    const float* keys = s.key + d * s.key_stride + kLanes + j;
    Vec key[kTileVecs];
#pragma GCC unroll 8
    for (int v = 0; v < kTileVecs; ++v) key[v] = load(keys + v * kLanes);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const Vec q = splat(s.query[d * kTileRows + r]);
#pragma GCC unroll 8
      for (int v = 0; v < kTileVecs; ++v) {
        if constexpr (kPositions) {
          const std::int64_t place = d * h.position_stride + column + (kRows - 1 - r + v) * kLanes;
          sum[r][v] += (q + load(h.position_query + place)) * key[v];
          sum[r][v] += q * load(h.position_key + place);
        } else {
          sum[r][v] += q * key[v];
        }
      }
    }
  }
}

// Scores of a tile. It walks its columns once for every kDepth dimensions: what it touches of keys and tables
// then stays in the first cache from one step to the next, where it is used again. Sums wait in the score
// rows.
template <bool kPositions, int kRows>
GLINER_INLINE void score_tile(const AttentionHead& h, const AttentionScratch& s, const Tile& t) {
  for (std::int64_t first = 0; first < h.head_size; first += kDepth) {
    const std::int64_t last = at_most(first + kDepth, h.head_size);
    const float factor = last == h.head_size ? h.scale : 1.0F;
    for (std::int64_t c = t.begin; c < t.end; c += kTileColumns) {
      Vec sum[kRows][kTileVecs] = {};
      if (first > 0)
        for (int r = 0; r < kRows; ++r)
          for (int v = 0; v < kTileVecs; ++v)
            sum[r][v] = load(s.scores + r * s.score_stride + c + v * kLanes);
      add_dimensions<kPositions, kRows>(h, s, t, t.first_key + c, first, last, sum);
      for (int r = 0; r < kRows; ++r)
        for (int v = 0; v < kTileVecs; ++v)
          store(s.scores + r * s.score_stride + c + v * kLanes, sum[r][v] * factor);
    }
  }
}

// Softmax without its division over columns [begin, end) of one row of scores. The other columns of
// [all_begin, all_end) become e^-87, which no sum of float32 notices. Returns the sum.
GLINER_INLINE float exponentials(float* scores, std::int64_t begin, std::int64_t end, std::int64_t all_begin,
                                 std::int64_t all_end) {
  constexpr float kNone = -3.0e38F;  // Below any score; not -inf, whose difference with itself is no number.
  for (std::int64_t c = all_begin; c < begin; ++c) scores[c] = kNone;
  for (std::int64_t c = end; c < all_end; ++c) scores[c] = kNone;
  Vec largest = splat(kNone);
  for (std::int64_t c = all_begin; c < all_end; c += kLanes) largest = larger(largest, load(scores + c));
  float top = kNone;
  for (int i = 0; i < kLanes; ++i) top = largest[i] > top ? largest[i] : top;
  Vec sum = {};
  for (std::int64_t c = all_begin; c < all_end; c += kLanes) {
    const Vec e = exp_of_negative(load(scores + c) - top);
    store(scores + c, e);
    sum += e;
  }
  return sum_of(sum);
}

// Output of the tile's rows [first_row, first_row + kRows): the sum over keys [begin, end) of weight times
// value, divided by the row's total.
template <int kRows>
GLINER_INLINE void weigh_values(const AttentionHead& h, const AttentionScratch& s, const Tile& t,
                                const float* total, int first_row, std::int64_t begin, std::int64_t end) {
  const float* weights = s.scores + first_row * s.score_stride - t.first_key;
  for (std::int64_t d = 0; d < h.head_size; d += kLanes * kOutVecs) {
    Vec sum[kRows][kOutVecs] = {};
    for (std::int64_t j = begin; j < end; ++j) {
      Vec v[kOutVecs];
#pragma GCC unroll 8
      for (int n = 0; n < kOutVecs; ++n) v[n] = load(s.value + j * s.value_stride + d + n * kLanes);
#pragma GCC unroll 8
      for (int r = 0; r < kRows; ++r) {
        const Vec w = splat(weights[r * s.score_stride + j]);
#pragma GCC unroll 8
        for (int n = 0; n < kOutVecs; ++n) sum[r][n] += w * v[n];
      }
    }
    const std::int64_t columns = at_most(kLanes * kOutVecs, h.head_size - d);
    for (int r = 0; r < kRows; ++r) {
      float* out = h.out + (t.row + (first_row + r) * t.step) * h.out_stride + d;
      const float factor = 1.0F / total[first_row + r];
      float buffer[kLanes * kOutVecs];
      for (int n = 0; n < kOutVecs; ++n) store(buffer + n * kLanes, sum[r][n] * factor);
      for (std::int64_t c = 0; c < columns; ++c) out[c] = buffer[c];
    }
  }
}

template <bool kPositions, int kRows>
GLINER_INLINE void attend_tile(const AttentionHead& h, const AttentionScratch& s, Tile t) {
  for (std::int64_t d = 0; d < h.head_size; ++d)
    for (int r = 0; r < kRows; ++r) s.query[d * kTileRows + r] = h.query[(t.row + r * t.step) * h.stride + d];

  const std::int64_t window = h.window < 0 ? h.length : h.window;
  const auto first_of = [&](std::int64_t row) { return at_least(0, row - window); };
  const auto last_of = [&](std::int64_t row) { return at_most(h.length, row + window + 1); };
  const std::int64_t first = first_of(t.row);
  const std::int64_t last = last_of(t.row + (kRows - 1) * t.step);
  t.begin = (first - t.first_key) / kTileColumns * kTileColumns;
  t.end = round_up(last - t.first_key, kTileColumns);
  score_tile<kPositions, kRows>(h, s, t);

  float total[kRows];
  for (int r = 0; r < kRows; ++r) {
    const std::int64_t row = t.row + r * t.step;
    total[r] = exponentials(s.scores + r * s.score_stride, first_of(row) - t.first_key,
                            last_of(row) - t.first_key, t.begin, t.end);
  }
  constexpr int kTogether = kRows < kValueRows ? kRows : kValueRows;
  for (int r = 0; r < kRows; r += kTogether) weigh_values<kTogether>(h, s, t, total, r, first, last);
}

// The `rows` queries row, row + step, ... in tiles of at most kRows, then of half as many, ...
template <bool kPositions, int kRows>
GLINER_INLINE void attend_rows(const AttentionHead& h, const AttentionScratch& s, Tile t, std::int64_t rows) {
  for (; rows >= kRows; rows -= kRows, t.row += kRows * t.step) attend_tile<kPositions, kRows>(h, s, t);
  if constexpr (kRows > 1) attend_rows<kPositions, kRows / 2>(h, s, t, rows);
}

// Without tables the rows of a tile are neighbours.
void attend(const AttentionHead& h) {
  const AttentionScratch s = lay_out(h);
  transpose_keys(h, s);
  copy_values(h, s);
  attend_rows<false, kTileRows>(h, s, {0, 1, 0, 0, 0}, h.length);
}

// With tables a row's place in them moves by one with every row. Rows kLanes apart keep the same alignment,
// and starting their columns less than kLanes keys before the first one makes every load from the tables an
// aligned one.
void attend_with_positions(const AttentionHead& h) {
  const AttentionScratch s = lay_out(h);
  transpose_keys(h, s);
  copy_values(h, s);
  for (std::int64_t row = 0; row < at_most(kLanes, h.length); ++row) {
    const auto address = reinterpret_cast<std::uintptr_t>(h.position_key + h.length - 1 - row);
    const auto first_key = -static_cast<std::int64_t>(address / sizeof(float) % kLanes);
    attend_rows<true, kTileRows>(h, s, {row, kLanes, first_key, 0, 0},
                                 (h.length - row + kLanes - 1) / kLanes);
  }
}

void attention_head(const AttentionHead& h) {
  if (h.position_key)
    attend_with_positions(h);
  else
    attend(h);
}

}  // namespace
}  // namespace GLINER_KERNEL_SET
}  // namespace gliner
