#pragma once

// Vectors of one instruction set and what the kernels do with them; see kernels_impl.h.
#include <cstdint>

#define GLINER_INLINE inline __attribute__((always_inline))

namespace gliner {
namespace GLINER_KERNEL_SET {
namespace {

template <int... kLane>
struct LaneList {};

#if defined(__AVX512F__)
constexpr int kLanes = 16;
using Lanes = LaneList<0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15>;
#elif defined(__AVX2__)
constexpr int kLanes = 8;
using Lanes = LaneList<0, 1, 2, 3, 4, 5, 6, 7>;
#else
constexpr int kLanes = 4;
using Lanes = LaneList<0, 1, 2, 3>;
#endif

using Vec = float __attribute__((vector_size(kLanes * sizeof(float))));
using UnalignedVec = float __attribute__((vector_size(kLanes * sizeof(float)), aligned(4), may_alias));
using IntVec = std::int32_t __attribute__((vector_size(kLanes * sizeof(float))));
using BitVec = std::uint32_t __attribute__((vector_size(kLanes * sizeof(float))));

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

// The first `count` floats at p, zeros behind them.
GLINER_INLINE Vec load_first(const float* p, std::int64_t count) {
  if (count >= kLanes) return load(p);
  float lanes[kLanes] = {};
  for (std::int64_t i = 0; i < count; ++i) lanes[i] = p[i];
  return load(lanes);
}

GLINER_INLINE void store_first(float* p, std::int64_t count, Vec v) {
  if (count >= kLanes) return store(p, v);
  float lanes[kLanes];
  store(lanes, v);
  for (std::int64_t i = 0; i < count; ++i) p[i] = lanes[i];
}

// Lane i gets lane i ^ kStep.
template <int kStep, int... kLane>
GLINER_INLINE Vec swapped(Vec v, LaneList<kLane...>) {
  return __builtin_shufflevector(v, v, (kLane ^ kStep)...);
}

// From the first lane to the last: the order in which the golden cases with the least room agree.
GLINER_INLINE float sum_of(Vec v) {
  float sum = 0;
  for (int i = 0; i < kLanes; ++i) sum += v[i];
  return sum;
}

template <int kStep = kLanes / 2>
GLINER_INLINE float largest_of(Vec v) {
  v = larger(v, swapped<kStep>(v, Lanes{}));
  if constexpr (kStep > 1) return largest_of<kStep / 2>(v);
  return v[0];
}

// Two rows kStep apart of a matrix exchange the elements that lie kStep off its diagonal blocks.
template <int kStep, int... kLane>
GLINER_INLINE void exchange(Vec& upper, Vec& lower, LaneList<kLane...>) {
  const Vec u = upper;
  upper = __builtin_shufflevector(u, lower, (kLane & kStep ? kLanes + kLane - kStep : kLane)...);
  lower = __builtin_shufflevector(u, lower, (kLane & kStep ? kLanes + kLane : kLane + kStep)...);
}

// Transposes a square block: its halves change places, then theirs, ...
template <int kStep = kLanes / 2>
GLINER_INLINE void transpose(Vec (&row)[kLanes]) {
#pragma GCC unroll 16
  for (int r = 0; r < kLanes; ++r)
    if ((r & kStep) == 0) exchange<kStep>(row[r], row[r + kStep], Lanes{});
  if constexpr (kStep > 1) transpose<kStep / 2>(row);
}

// e^x for x <= 0: 2^n times a polynomial on [-ln2/2, ln2/2] (coefficients of Cephes' expf), within 2 ulp.
// Below -87 it is 0: products with numbers that small are no normal numbers any more, and those take a CPU a
// hundred times as long.
GLINER_INLINE Vec exp_of_negative(Vec x) {
  // Beside 1.5 * 2^23 a float has no fraction: the sum's last bits are n plus the bias of an exponent.
  constexpr float kShift = 12582912.0F + 127.0F;
  const Vec shifted = x * 1.44269504088896341F + kShift;
  const Vec n = shifted - kShift;
  const Vec r = x - n * 0.693359375F - n * -2.12194440e-4F;
  Vec p = splat(1.9875691500e-4F);
  p = p * r + 1.3981999507e-3F;
  p = p * r + 8.3334519073e-3F;
  p = p * r + 4.1665795894e-2F;
  p = p * r + 1.6666665459e-1F;
  p = p * r + 5.0000001201e-1F;
  p = p * r * r + r + 1.0F;
  const BitVec exponent = reinterpret_cast<BitVec>(shifted) << 23;
  return x > -87.0F ? p * reinterpret_cast<Vec>(exponent) : Vec{};
}

}  // namespace
}  // namespace GLINER_KERNEL_SET
}  // namespace gliner
