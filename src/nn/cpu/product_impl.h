#pragma once

// Matrix products for one instruction set; see kernels_impl.h.
#include "nn/cpu/kernels.h"
#include "nn/cpu/vec_impl.h"

namespace gliner {
namespace GLINER_KERNEL_SET {
namespace {

// A tile of sums is held in registers: at most kTileRows x kTileVecs vectors of them beside kTileVecs columns
// of the right side, 27 of 32 or 15 of 16.
#if defined(__AVX512F__)
constexpr int kTileRows = 8;
#else
constexpr int kTileRows = 4;
#endif
constexpr int kTileVecs = 3;
constexpr std::int64_t kPanel = kAttentionPanel;

// out = left * right, or added to out. left [rows, depth], right [depth, columns], out [rows, columns];
// strides in floats. Also written: the rows of `out` up to the next multiple of kTileRows.
struct Product {
  const float* left;
  std::int64_t left_stride;
  // In panels of kPanel columns, panel_stride apart. A plain matrix has panels kPanel apart.
  const float* right;
  std::int64_t right_stride;
  std::int64_t panel_stride;
  std::int64_t first_column;  // Of `right`, counted from its first panel. A multiple of kLanes.
  float* out;
  std::int64_t out_stride;
  std::int64_t rows;
  std::int64_t depth;
  std::int64_t columns;  // A multiple of kLanes.
};

// Rows row ... of `out` at the columns column ...; rows behind the last one of `left` repeat it.
template <bool kAdd, int kRows, int kVecs>
GLINER_INLINE void product_tile(const Product& p, std::int64_t row, std::int64_t column) {
  const float* left[kRows];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r) left[r] = p.left + at_most(row + r, p.rows - 1) * p.left_stride;
  const float* right[kVecs];
#pragma GCC unroll 8
  for (int v = 0; v < kVecs; ++v) {
    const std::int64_t c = p.first_column + column + v * kLanes;
    right[v] = p.right + c / kPanel * p.panel_stride + c % kPanel;
  }
  Vec sum[kRows][kVecs] = {};
  std::int64_t place = 0;
  for (std::int64_t d = 0; d < p.depth; ++d, place += p.right_stride) {
    Vec b[kVecs];
#pragma GCC unroll 8
    for (int v = 0; v < kVecs; ++v) b[v] = load(right[v] + place);
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r) {
      const Vec a = splat(left[r][d]);
#pragma GCC unroll 8
      for (int v = 0; v < kVecs; ++v) sum[r][v] += a * b[v];
    }
  }
  float* out = p.out + row * p.out_stride + column;
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 8
    for (int v = 0; v < kVecs; ++v) {
      float* to = out + r * p.out_stride + v * kLanes;
      store(to, kAdd ? load(to) + sum[r][v] : sum[r][v]);
    }
}

// All rows of kVecs vectors of columns: what they need of the right side stays in the first cache.
template <bool kAdd, int kVecs>
GLINER_INLINE void product_columns(const Product& p, std::int64_t column) {
  std::int64_t row = 0;
  for (; row + kTileRows / 2 < p.rows; row += kTileRows) product_tile<kAdd, kTileRows, kVecs>(p, row, column);
  if (row < p.rows) product_tile<kAdd, kTileRows / 2, kVecs>(p, row, column);
}

template <bool kAdd>
__attribute__((noinline)) void multiply(const Product& product) {
  const Product p = product;  // A copy that no store can change.
  std::int64_t column = 0;
  if (p.columns / kLanes % 2 == 1) {
    if (p.columns == kLanes) return product_columns<kAdd, 1>(p, 0);
    product_columns<kAdd, 3>(p, 0);
    column = 3 * kLanes;
  }
  for (; column < p.columns; column += 2 * kLanes) product_columns<kAdd, 2>(p, column);
}

}  // namespace
}  // namespace GLINER_KERNEL_SET
}  // namespace gliner
