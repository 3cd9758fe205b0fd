#pragma once

// Integer arithmetic of the attention kernels, for the card and for the host, where the tests check all of
// it.
//
// Positions are counted as e = j - i of query i and key j, the negative of the distance that
// RelativePositions takes, and tables are expanded: one row for each e, so that a tile of scores needs rows
// that follow each other. From some size of e on every row is the same; the expanded table ends there, and e
// beyond its ends means the row at the end. Rows lie in groups of kGroupRows; group m holds the e from 8 m to
// 8 m + 7. Queries and keys are tiled in multiples of 8, so that no tile needs a part of a group but by its
// diagonal.
#include <cstdint>

#ifdef __CUDACC__
#define GLINER_HOST_DEVICE __host__ __device__ __forceinline__
#define GLINER_UNROLL _Pragma("unroll")
#else
#define GLINER_HOST_DEVICE inline
#define GLINER_UNROLL
#endif

namespace gliner {
namespace cuda {

constexpr int kGroupRows = 8;
constexpr int kWarpRows = 16;  ///< Queries of a warp: the rows of one matrix instruction (m16n8k16).
constexpr int kKeyBlock = 64;  ///< Keys that a block of threads holds in shared memory at a time.
constexpr int kKeyTiles = kKeyBlock / 8;

/// Groups on either side of e = 0 in a table whose rows are all the same for e >= `saturation` and all the
/// same for e <= -saturation. The first and the last group lie wholly beyond.
GLINER_HOST_DEVICE int groups_per_side(int saturation) {
  return (saturation + kGroupRows + kGroupRows - 1) / kGroupRows;
}

/// Where group m stands in the expanded table, which has 2 * groups_per_side groups.
GLINER_HOST_DEVICE int stored_group(int m, int per_side) {
  return (m < -per_side ? -per_side : m >= per_side ? per_side - 1 : m) + per_side;
}

/// What a tile of queries [row, row + rows) and keys [key, key + keys) needs of the tables.
enum class Reach {
  kBefore,  ///< Every key so far before every query that all positions share the first row.
  kNear,    ///< Rows of their own.
  kBehind,  ///< Every key so far behind every query that all positions share the last row.
};
GLINER_HOST_DEVICE Reach reach_of(int row, int rows, int key, int keys, int saturation) {
  if (key + keys - 1 - row <= -saturation) return Reach::kBefore;
  if (key - (row + rows - 1) >= saturation) return Reach::kBehind;
  return Reach::kNear;
}

/// Blocks of keys that the queries [row, row + rows) of a sequence see: the first key, a multiple of
/// kKeyBlock, and the end. `window` negative: all keys.
struct KeyRange {
  int first, end;
};
GLINER_HOST_DEVICE KeyRange keys_seen(int row, int rows, int length, int window) {
  if (window < 0) return {0, length};
  const int first = row > window ? row - window : 0;
  const std::int64_t end = static_cast<std::int64_t>(row) + rows + window;
  return {first / kKeyBlock * kKeyBlock, end < length ? static_cast<int>(end) : length};
}

/// Byte of the 16-byte chunk `chunk` of row `row` in a shared tile with rows of `size` 16-bit elements. Eight
/// rows that follow each other have their chunks of one number in different banks, so that ldmatrix, which
/// reads such, meets no conflict.
template <int kSize>
GLINER_HOST_DEVICE int tile_byte(int row, int chunk) {
  static_assert(kSize == 32 || kSize == 64, "rows of 64 or 128 bytes");
  return row * kSize * 2 + (kSize == 64 ? chunk ^ (row & 7) : chunk ^ ((row >> 1) & 3)) * 16;
}

// The lanes of a matrix instruction (PTX ISA, mma.m16n8k16): lane 4 g + t holds of a 16 x 8 result the rows g
// (elements 0 and 1) and g + 8 (elements 2 and 3) in the columns 2 t and 2 t + 1.

/// Content to position. A product of 16 queries with the rows of a group has e = 8 m + c in column c for
/// every query i, but the scores want key j in column j: row i of the scores begins i columns further left.
/// For the lower rows, queries g, what score column x wants is column x + 8 - g of the groups m - 1 and m
/// side by side; for the upper ones, queries g + 8, of the groups m - 2 and m - 1. All of a row is in the
/// four lanes of its g, so that two shuffles bring the two columns of a lane: one of the even columns, one of
/// the odd ones.
struct RowSkew {
  int even_source, odd_source;  ///< Lane to read from.
  bool even_next, odd_next;     ///< Whether this lane gives from the second of the two groups.
  bool swapped;                 ///< Whether score column 2 t comes from the odd columns.
};
GLINER_HOST_DEVICE RowSkew row_skew(int lane) {
  const int t = lane & 3;
  const int shift = 8 - (lane >> 2);  // 1 to 8
  const int even = (shift + 1) >> 1;  // In lanes
  const int odd = shift >> 1;
  const int row = lane & ~3;
  return {row + ((t + even) & 3), row + ((t + odd) & 3), t < even, t < odd, (shift & 1) != 0};
}

/// Position to content. A product of the rows of the groups with 8 keys has e = 8 m + r in row r for every
/// key j; query i wants of key j = column x the row x - i. For the lower rows that is row (x - g) & 7 of
/// group m where g <= x and of m - 1 elsewhere; for the upper ones of m - 1 and m - 2. All of a column is in
/// the lanes of its t.
struct ColumnSkew {
  int source[2];   ///< Lane to read from, for the columns 2 t and 2 t + 1.
  bool higher[2];  ///< Whether this lane gives from the higher of the two groups.
};
GLINER_HOST_DEVICE ColumnSkew column_skew(int lane) {
  const int g = lane >> 2;
  const int t = lane & 3;
  const int x = 2 * t;
  return {{4 * ((x - g) & 7) + t, 4 * ((x + 1 - g) & 7) + t}, {g <= x, g <= x + 1}};
}

}  // namespace cuda
}  // namespace gliner
