#pragma once

// Activations of vectors for one instruction set; see kernels_impl.h.
#include "nn/cpu/kernels.h"
#include "nn/cpu/vec_impl.h"

namespace gliner {
namespace GLINER_KERNEL_SET {
namespace {

// x / 2 * (1 + erf(x / sqrt 2)).
GLINER_INLINE Vec gelu(Vec x) {
  const Vec size = larger(x, -x) * 0.70710678118654752F;
  const Vec t = 1.0F / (size * 0.3275911F + 1.0F);
  Vec p = splat(1.061405429F);
  p = p * t - 1.453152027F;
  p = p * t + 1.421413741F;
  p = p * t - 0.284496736F;
  p = p * t + 0.254829592F;
  const Vec tail = p * t * exp_of_negative(-size * size);  // 1 - erf(size)
  return x > 0 ? x - x * 0.5F * tail : x * 0.5F * tail;
}

// 1 / (1 + e^-x).
GLINER_INLINE Vec logistic(Vec x) {
  const Vec e = exp_of_negative(-larger(x, -x));
  return (x > 0 ? splat(1.0F) : e) / (e + 1.0F);
}

// x / 2 * (1 + tanh u) is x * logistic(2 u).
GLINER_INLINE Vec gelu_tanh(Vec x) {
  constexpr float kTwice = 2 * 0.79788456080286536F;  // 2 sqrt(2 / pi)
  return x * logistic(kTwice * (x + 0.044715F * x * x * x));
}

GLINER_INLINE Vec activated(Vec x, RowActivation activation) {
  switch (activation) {
    case RowActivation::kNone:
      return x;
    case RowActivation::kGelu:
      return gelu(x);
    case RowActivation::kGeluTanh:
      return gelu_tanh(x);
    case RowActivation::kRelu:
      return larger(x, Vec{});
    case RowActivation::kSilu:
      return x * logistic(x);
    case RowActivation::kTanh:
      return logistic(x + x) * 2.0F - 1.0F;
  }
  return x;
}

}  // namespace
}  // namespace GLINER_KERNEL_SET
}  // namespace gliner
