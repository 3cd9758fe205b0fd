#pragma once

// Vectors of one instruction set and what the kernels do with them; see kernels_impl.h.
#include <cstdint>

#define GLINER_INLINE inline __attribute__((always_inline))

namespace gliner {
namespace GLINER_KERNEL_SET {
namespace {

#if defined(__AVX512F__)
constexpr int kLanes = 16;
constexpr int kOutVecs = 4;     // Vectors of an output row held in registers by attention: 4 rows x 4 of 32.
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

using Vec = float __attribute__((vector_size(kLanes * sizeof(float))));
using UnalignedVec = float __attribute__((vector_size(kLanes * sizeof(float)), aligned(4), may_alias));
using IntVec = std::int32_t __attribute__((vector_size(kLanes * sizeof(float))));

GLINER_INLINE Vec load(const float* p) { return *reinterpret_cast<const UnalignedVec*>(p); }
GLINER_INLINE void store(float* p, Vec v) { *reinterpret_cast<UnalignedVec*>(p) = v; }
GLINER_INLINE Vec splat(float x) {
  return x - Vec{};
}  // Adding to zero would be an instruction: -0 + 0 is 0.
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

}  // namespace
}  // namespace GLINER_KERNEL_SET
}  // namespace gliner
