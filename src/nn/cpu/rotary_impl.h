#pragma once

// Rotary positions for one instruction set; see kernels_impl.h.
#include "nn/cpu/kernels.h"
#include "nn/cpu/vec_impl.h"

namespace gliner {
namespace GLINER_KERNEL_SET {
namespace {

void rotate_rows(const RotaryRows& r) {
  const std::int64_t whole = r.half / kLanes * kLanes;
  for (std::int64_t row = 0; row < r.rows; ++row) {
    const float* const cosine = r.cosine + row * r.half;
    const float* const sine = r.sine + row * r.half;
    for (std::int64_t block = 0; block < r.blocks; ++block) {
      float* const first = r.x + row * r.stride + 2 * block * r.half;
      float* const second = first + r.half;
      for (std::int64_t c = 0; c < whole; c += kLanes) {
        const Vec a = load(first + c), b = load(second + c);
        store(first + c, a * load(cosine + c) - b * load(sine + c));
        store(second + c, b * load(cosine + c) + a * load(sine + c));
      }
      for (std::int64_t c = whole; c < r.half; ++c) {
        const float a = first[c], b = second[c];
        first[c] = a * cosine[c] - b * sine[c];
        second[c] = b * cosine[c] + a * sine[c];
      }
    }
  }
}

}  // namespace
}  // namespace GLINER_KERNEL_SET
}  // namespace gliner
