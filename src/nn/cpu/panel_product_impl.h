#pragma once

// Products with weights that never change for one instruction set; see kernels_impl.h.
//
// A tile of kSumRows x kSumVecs vectors of sums is in registers while all of a part of the depth passes. A
// panel's part is as large as a share of the second cache, and all rows meet it there. With few rows the time
// goes into bringing the weights from memory: while the tiles of one part are summed, the lines of the part
// after it are asked for, evenly over the tiles, so that arithmetic and memory work at the same time.
#include "nn/cpu/activation_impl.h"
#include "nn/cpu/kernels.h"
#include "nn/cpu/vec_impl.h"

namespace gliner {
namespace GLINER_KERNEL_SET {
namespace {

constexpr int kSumRows = kPanelProductRows;
#if defined(__AVX512F__)
constexpr int kSumVecs = 4;  // 24 sums, 4 vectors of weights and one of x, of 32 registers.
#else
constexpr int kSumVecs = 2;  // 15 of 16.
#endif
constexpr std::int64_t kLineBytes = 64;
static_assert(kWeightPanel % (kSumVecs * kLanes) == 0);

// Lines that the next part will want, a few at a step.
struct Prefetch {
  const char* next;
  const char* end;
};

// Sums of one tile over a part of the depth.
struct SumTile {
  const float* x;  // [rows, depth], rows x_stride apart.
  std::int64_t x_stride;
  const float* weight;  // [depth, kWeightPanel] from the first column on.
  std::int64_t depth;   // A multiple of kPanelDepthStep.
  // Where the sums lie from part to part: the first one does not read them, the last one does not write them.
  float* sums;
  std::int64_t sums_stride;
  bool is_first, is_last;
  // Of the last part:
  const float* bias;  // Null: none.
  RowActivation activation;
  bool accumulate;
  float* y;
  std::int64_t y_stride;
};

template <int kRows>
GLINER_INLINE void sum_tile(const SumTile& t, Prefetch& p) {
  Vec sum[kRows][kSumVecs];
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 8
    for (int v = 0; v < kSumVecs; ++v)
      sum[r][v] = t.is_first ? Vec{} : load(t.sums + r * t.sums_stride + v * kLanes);
  const float* weight = t.weight;
  for (std::int64_t d = 0; d < t.depth; d += kPanelDepthStep) {
    if (p.next < p.end) {
      __builtin_prefetch(p.next, 0, 2);  // Into the second cache.
      __builtin_prefetch(p.next + kLineBytes, 0, 2);
      p.next += 2 * kLineBytes;
    }
#pragma GCC unroll 8
    for (int step = 0; step < kPanelDepthStep; ++step, weight += kWeightPanel) {
      Vec w[kSumVecs];
#pragma GCC unroll 8
      for (int v = 0; v < kSumVecs; ++v) w[v] = load(weight + v * kLanes);
#pragma GCC unroll 8
      for (int r = 0; r < kRows; ++r) {
        const Vec x = splat(t.x[r * t.x_stride + d + step]);
#pragma GCC unroll 8
        for (int v = 0; v < kSumVecs; ++v) sum[r][v] += x * w[v];
      }
    }
  }
  if (!t.is_last) {
#pragma GCC unroll 8
    for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 8
      for (int v = 0; v < kSumVecs; ++v) store(t.sums + r * t.sums_stride + v * kLanes, sum[r][v]);
    return;
  }
#pragma GCC unroll 8
  for (int r = 0; r < kRows; ++r)
#pragma GCC unroll 8
    for (int v = 0; v < kSumVecs; ++v) {
      float* const to = t.y + r * t.y_stride + v * kLanes;
      Vec value = sum[r][v];
      if (t.bias) value += load(t.bias + v * kLanes);
      if (t.accumulate) value += load(to);
      store(to, activated(value, t.activation));
    }
}

__attribute__((noinline)) void sum_rows(int rows, const SumTile& tile, Prefetch& prefetch) {
  const SumTile t = tile;  // A copy that no store can change.
  Prefetch p = prefetch;
  switch (rows) {
    case 1:
      sum_tile<1>(t, p);
      break;
    case 2:
      sum_tile<2>(t, p);
      break;
    case 3:
      sum_tile<3>(t, p);
      break;
    case 4:
      sum_tile<4>(t, p);
      break;
    case 5:
      sum_tile<5>(t, p);
      break;
    default:
      sum_tile<kSumRows>(t, p);
      break;
  }
  prefetch = p;
}

// A part of the depth of one panel, and where the lines of the part after it are.
struct PanelPart {
  std::int64_t panel;
  std::int64_t begin, end;  // Of the depth.
  const float* next;        // Null: none.
  std::int64_t next_floats;
};

GLINER_INLINE void sum_part(const PanelProduct& m, const PanelPart& part) {
  const std::int64_t tiles = (m.rows + kSumRows - 1) / kSumRows;
  const std::int64_t lines = part.next_floats * static_cast<std::int64_t>(sizeof(float)) / kLineBytes;
  const char* const next = reinterpret_cast<const char*>(part.next);
  std::int64_t row = 0;
  for (std::int64_t tile = 0; tile < tiles; ++tile) {
    // Heights that differ by one at most.
    const std::int64_t rows = (m.rows - row + tiles - tile - 1) / (tiles - tile);
    Prefetch prefetch{next + tile * lines / tiles * kLineBytes,
                      next + (tile + 1) * lines / tiles * kLineBytes};
    for (std::int64_t c = 0; c < kWeightPanel; c += kSumVecs * kLanes) {
      const std::int64_t column = part.panel * kWeightPanel + c;
      SumTile t;
      t.x = m.x + row * m.x_stride + part.begin;
      t.x_stride = m.x_stride;
      t.weight = m.weight + part.panel * m.depth * kWeightPanel + part.begin * kWeightPanel + c;
      t.depth = part.end - part.begin;
      t.sums_stride = m.panels * kWeightPanel;
      t.sums = m.sums + row * t.sums_stride + column;
      t.is_first = part.begin == 0;
      t.is_last = part.end == m.depth;
      t.bias = m.bias ? m.bias + column : nullptr;
      t.activation = m.activation;
      t.accumulate = m.accumulate;
      t.y = m.y + row * m.y_stride + column;
      t.y_stride = m.y_stride;
      sum_rows(static_cast<int>(rows), t, prefetch);
    }
    row += rows;
  }
}

// The rows of x stay in the second cache for a part of the depth while all panels pass.
void panel_product(const PanelProduct& product) {
  const PanelProduct m = product;
  const std::int64_t parts = (m.depth + kPanelDepth - 1) / kPanelDepth;
  const std::int64_t depth = round_up((m.depth + parts - 1) / parts, kPanelDepthStep);
  for (std::int64_t begin = 0; begin < m.depth; begin += depth)
    for (std::int64_t panel = 0; panel < m.panels; ++panel) {
      PanelPart part{panel, begin, at_most(m.depth, begin + depth), nullptr, 0};
      const bool last_panel = panel + 1 == m.panels;
      const std::int64_t next_begin = last_panel ? part.end : begin;
      if (next_begin < m.depth) {
        part.next = m.weight + ((last_panel ? 0 : panel + 1) * m.depth + next_begin) * kWeightPanel;
        part.next_floats = (at_most(m.depth, next_begin + depth) - next_begin) * kWeightPanel;
      }
      sum_part(m, part);
    }
}

}  // namespace
}  // namespace GLINER_KERNEL_SET
}  // namespace gliner
