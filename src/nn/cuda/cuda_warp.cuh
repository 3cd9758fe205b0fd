#pragma once

// The lanes of a warp on the card, for AttentionWarp: each value is this thread's.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include <cstdint>

#include "nn/cuda/indices.h"

namespace gliner {
namespace cuda {

template <class Element>
struct Packed;

template <>
struct Packed<__half> {
  static __device__ __forceinline__ std::uint32_t pack(float low, float high) {
    const __half2 two = __floats2half2_rn(low, high);
    return *reinterpret_cast<const std::uint32_t*>(&two);
  }
  static __device__ __forceinline__ std::uint32_t add(std::uint32_t a, std::uint32_t b) {
    const __half2 two = __hadd2(*reinterpret_cast<const __half2*>(&a), *reinterpret_cast<const __half2*>(&b));
    return *reinterpret_cast<const std::uint32_t*>(&two);
  }
  static __device__ __forceinline__ void mma(float (&c)[4], const std::uint32_t (&a)[4],
                                             const std::uint32_t (&b)[2]) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
        "{%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
};

template <>
struct Packed<__nv_bfloat16> {
  static __device__ __forceinline__ std::uint32_t pack(float low, float high) {
    const __nv_bfloat162 two = __floats2bfloat162_rn(low, high);
    return *reinterpret_cast<const std::uint32_t*>(&two);
  }
  static __device__ __forceinline__ std::uint32_t add(std::uint32_t a, std::uint32_t b) {
    const __nv_bfloat162 two =
        __hadd2(*reinterpret_cast<const __nv_bfloat162*>(&a), *reinterpret_cast<const __nv_bfloat162*>(&b));
    return *reinterpret_cast<const std::uint32_t*>(&two);
  }
  static __device__ __forceinline__ void mma(float (&c)[4], const std::uint32_t (&a)[4],
                                             const std::uint32_t (&b)[2]) {
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
        "{%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
};

template <class Element>
struct CudaWarp {
  using Float = float;
  using Pair = std::uint32_t;
  using Int = int;
  using Bool = bool;
  using Memory = std::uint32_t;  // Address in shared memory.

  struct Groups {
    const uint4* first;  // Of the head; null without tables.
  };
  struct Queries {
    const Element* first;  // Row 0 of the warp.
    long long stride;      // Elements from row to row.
    int rows;              // Rows that exist; the others are zero.
  };

  static __device__ __forceinline__ int lane() { return static_cast<int>(threadIdx.x & 31); }
  static __device__ __forceinline__ float splat(float x) { return x; }
  static __device__ __forceinline__ std::uint32_t zero_pair() { return 0; }
  static __device__ __forceinline__ float select(bool which, float yes, float no) { return which ? yes : no; }
  static __device__ __forceinline__ float maximum(float a, float b) { return fmaxf(a, b); }
  static __device__ __forceinline__ bool less(float a, float b) { return a < b; }
  static __device__ __forceinline__ float reciprocal(float x) { return __frcp_rn(x); }
  static __device__ __forceinline__ float multiply_subtract(float a, float b, float c) {
    return fmaf(a, b, -c);
  }
  static __device__ __forceinline__ float exp2(float x) {
    float y;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(y) : "f"(x));
    return y;
  }
  static __device__ __forceinline__ float shuffle(float x, int source) {
    return __shfl_sync(0xffffffffU, x, source);
  }
  static __device__ __forceinline__ float shuffle_xor(float x, int mask) {
    return __shfl_xor_sync(0xffffffffU, x, mask);
  }
  template <class F>
  static __device__ __forceinline__ int map(int lane, F f) {
    return f(lane);
  }
  template <class F>
  static __device__ __forceinline__ bool test(int lane, F f) {
    return f(lane);
  }
  static __device__ __forceinline__ std::uint32_t pack(float low, float high) {
    return Packed<Element>::pack(low, high);
  }
  static __device__ __forceinline__ std::uint32_t add_pairs(std::uint32_t a, std::uint32_t b) {
    return Packed<Element>::add(a, b);
  }
  static __device__ __forceinline__ void mma(float (&c)[4], const std::uint32_t (&a)[4],
                                             const std::uint32_t (&b)[2]) {
    Packed<Element>::mma(c, a, b);
  }
  // Volatile, so that no read moves across a barrier.
  static __device__ __forceinline__ void read_matrices(Memory memory, int byte, std::uint32_t (&r)[4]) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(memory + static_cast<std::uint32_t>(byte)));
  }
  static __device__ __forceinline__ void read_transposed(Memory memory, int byte, std::uint32_t (&r)[4]) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                 : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                 : "r"(memory + static_cast<std::uint32_t>(byte)));
  }

  // Groups lie in memory as the lanes want them: for every two steps 16 bytes for each lane.
  template <int kSteps>
  static __device__ __forceinline__ void load_group(const Groups& groups, int stored,
                                                    std::uint32_t (&group)[kSteps][2]) {
    const uint4* from = groups.first + stored * (kSteps / 2 * 32) + lane();
    GLINER_UNROLL
    for (int k = 0; k < kSteps; k += 2) {
      const uint4 four = __ldg(from + k / 2 * 32);
      group[k][0] = four.x;
      group[k][1] = four.y;
      group[k + 1][0] = four.z;
      group[k + 1][1] = four.w;
    }
  }
  template <int kSteps>
  static __device__ __forceinline__ void load_queries(const Queries& queries,
                                                      std::uint32_t (&query)[kSteps][4]) {
    const int g = lane() >> 2;
    const int t = lane() & 3;
    GLINER_UNROLL
    for (int k = 0; k < kSteps; ++k) {
      GLINER_UNROLL
      for (int a = 0; a < 4; ++a) {
        const int row = g + 8 * (a & 1);
        const Element* from = queries.first + row * queries.stride + 16 * k + 8 * (a >> 1) + 2 * t;
        query[k][a] = row < queries.rows ? __ldg(reinterpret_cast<const unsigned int*>(from)) : 0U;
      }
    }
  }
};

}  // namespace cuda
}  // namespace gliner
