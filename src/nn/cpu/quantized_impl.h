#pragma once

// Rounding to 8-bit steps and back for one instruction set; see kernels_impl.h.
#include "nn/cpu/activation_impl.h"
#include "nn/cpu/kernels.h"
#include "nn/cpu/vec_impl.h"

namespace gliner {
namespace GLINER_KERNEL_SET {
namespace {

using ByteVec = std::uint8_t __attribute__((vector_size(kLanes)));
using UnalignedByteVec = std::uint8_t __attribute__((vector_size(kLanes), aligned(1), may_alias));
using UnalignedIntVec =
    std::int32_t __attribute__((vector_size(kLanes * sizeof(std::int32_t)), aligned(4), may_alias));

GLINER_INLINE Vec smaller(Vec a, Vec b) { return a < b ? a : b; }

void quantize_row(const float* x, std::int64_t count, std::uint8_t* steps, float* scale) {
  constexpr float kSteps = 255;
  const std::int64_t whole = count / kLanes * kLanes;
  Vec low = splat(x[0]), high = splat(x[0]);
  for (std::int64_t i = 0; i < whole; i += kLanes) {
    low = smaller(low, load(x + i));
    high = larger(high, load(x + i));
  }
  float least = x[0], greatest = x[0];
  for (int i = 0; i < kLanes; ++i) {
    least = low[i] < least ? low[i] : least;
    greatest = high[i] > greatest ? high[i] : greatest;
  }
  for (std::int64_t i = whole; i < count; ++i) {
    least = x[i] < least ? x[i] : least;
    greatest = x[i] > greatest ? x[i] : greatest;
  }
  const float step = (greatest - least) / kSteps;
  const float factor = step > 0 ? 1.0F / step : 0.0F;
  scale[0] = step;
  scale[1] = least;
  // Rounds to nearest: the value is not negative. It is at most 255.5 less the rounding of the factor.
  for (std::int64_t i = 0; i < whole; i += kLanes) {
    const Vec value = smaller((load(x + i) - least) * factor, splat(kSteps)) + 0.5F;
    *reinterpret_cast<UnalignedByteVec*>(steps + i) =
        __builtin_convertvector(__builtin_convertvector(value, IntVec), ByteVec);
  }
  for (std::int64_t i = whole; i < count; ++i) {
    const float value = (x[i] - least) * factor;
    steps[i] = static_cast<std::uint8_t>((value < kSteps ? value : kSteps) + 0.5F);
  }
}

void scale_rows(const ScaledRows& s) {
  for (std::int64_t row = 0; row < s.rows; ++row) {
    const std::int32_t* sums = s.sums + row * s.columns;
    const float step = s.row_scale[2 * row];
    const float least = s.row_scale[2 * row + 1];
    float* y = s.y + row * s.columns;
    const auto value_of = [&](const std::int32_t* sum, const float* scale, const float* offset,
                              const float* bias) {
      const Vec integer =
          __builtin_convertvector(static_cast<IntVec>(*reinterpret_cast<const UnalignedIntVec*>(sum)), Vec);
      return activated(load(scale) * (integer * step) + (load(offset) * least + load(bias)), s.activation);
    };
    const std::int64_t whole = s.columns / kLanes * kLanes;
    for (std::int64_t c = 0; c < whole; c += kLanes) {
      const Vec value = value_of(sums + c, s.column_scale + c, s.column_offset + c, s.bias + c);
      store(y + c, s.accumulate ? load(y + c) + value : value);
    }
    if (whole == s.columns) continue;
    // The rest through a copy that has whole vectors.
    const std::int64_t rest = s.columns - whole;
    std::int32_t sum[kLanes] = {};
    float scale[kLanes] = {}, offset[kLanes] = {}, bias[kLanes] = {}, values[kLanes];
    for (std::int64_t c = 0; c < rest; ++c) {
      sum[c] = sums[whole + c];
      scale[c] = s.column_scale[whole + c];
      offset[c] = s.column_offset[whole + c];
      bias[c] = s.bias[whole + c];
    }
    store(values, value_of(sum, scale, offset, bias));
    for (std::int64_t c = 0; c < rest; ++c)
      y[whole + c] = s.accumulate ? y[whole + c] + values[c] : values[c];
  }
}

}  // namespace
}  // namespace GLINER_KERNEL_SET
}  // namespace gliner
