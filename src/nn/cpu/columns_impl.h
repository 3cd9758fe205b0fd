#pragma once

// Columns of matrices in panels for one instruction set; see kernels_impl.h.
#include "nn/cpu/kernels.h"
#include "nn/cpu/vec_impl.h"

namespace gliner {
namespace GLINER_KERNEL_SET {
namespace {

// Lane i is lane from[i] of a and, from kLanes on, b.
GLINER_INLINE Vec picked(Vec a, Vec b, IntVec from) {
#if defined(__GNUC__) && !defined(__clang__)
  return __builtin_shuffle(a, b, from);
#else
  float lanes[2 * kLanes];
  store(lanes, a);
  store(lanes + kLanes, b);
  Vec v;
  for (int i = 0; i < kLanes; ++i) v[i] = lanes[from[i]];
  return v;
#endif
}

// kLanes columns of one panel: picked from two vectors of a row where they hold all of them.
GLINER_INLINE void copy_lanes(const PanelColumns& p, const std::int32_t* columns, float* to) {
  const auto place_of = [&p](std::int64_t column) {
    return column / kAttentionPanel * kAttentionPanel * p.rows + column % kAttentionPanel;
  };
  std::int64_t least = columns[0], most = columns[0];
  for (int i = 1; i < kLanes; ++i) {
    least = at_most(least, columns[i]);
    most = at_least(most, columns[i]);
  }
  const std::int64_t first = least / kLanes * kLanes;
  const std::int64_t second = most / kLanes * kLanes;
  if (second - first > kLanes) {
    for (int i = 0; i < kLanes; ++i) {
      const float* from = p.from + place_of(columns[i]);
      for (std::int64_t r = 0; r < p.rows; ++r) to[r * kAttentionPanel + i] = from[r * kAttentionPanel];
    }
    return;
  }
  IntVec lanes;
  for (int i = 0; i < kLanes; ++i) lanes[i] = columns[i] - static_cast<std::int32_t>(first);
  const float* a = p.from + place_of(first);
  const float* b = p.from + place_of(second);
  for (std::int64_t r = 0; r < p.rows; ++r)
    store(to + r * kAttentionPanel,
          picked(load(a + r * kAttentionPanel), load(b + r * kAttentionPanel), lanes));
}

void copy_columns(const PanelColumns& p) {
  for (std::int64_t panel = 0; panel < p.panels; ++panel)
    for (std::int64_t c = 0; c < kAttentionPanel; c += kLanes)
      copy_lanes(p, p.columns + panel * kAttentionPanel + c, p.to + panel * kAttentionPanel * p.rows + c);
}

}  // namespace
}  // namespace GLINER_KERNEL_SET
}  // namespace gliner
