#pragma once

// Elements as float32 and back, one by one and eight at a time.
#include <cuda_bf16.h>
#include <cuda_fp16.h>

#include "nn/cuda/indices.h"

namespace gliner {
namespace cuda {

__device__ __forceinline__ float to_float(float x) { return x; }
__device__ __forceinline__ float to_float(__half x) { return __half2float(x); }
__device__ __forceinline__ float to_float(__nv_bfloat16 x) { return __bfloat162float(x); }

template <class Element>
__device__ __forceinline__ Element from_float(float x);
template <>
__device__ __forceinline__ float from_float<float>(float x) {
  return x;
}
template <>
__device__ __forceinline__ __half from_float<__half>(float x) {
  return __float2half_rn(x);
}
template <>
__device__ __forceinline__ __nv_bfloat16 from_float<__nv_bfloat16>(float x) {
  return __float2bfloat16_rn(x);
}

/// Eight elements that are loaded and stored together, by 16 bytes.
template <class Element>
struct alignas(16) Eight {
  Element e[8];
};

template <class Element>
__device__ __forceinline__ void load_eight(const Element* from, float (&to)[8]) {
  const Eight<Element> eight = *reinterpret_cast<const Eight<Element>*>(from);
  GLINER_UNROLL
  for (int i = 0; i < 8; ++i) to[i] = to_float(eight.e[i]);
}

template <class Element>
__device__ __forceinline__ void store_eight(Element* to, const float (&from)[8]) {
  Eight<Element> eight;
  GLINER_UNROLL
  for (int i = 0; i < 8; ++i) eight.e[i] = from_float<Element>(from[i]);
  *reinterpret_cast<Eight<Element>*>(to) = eight;
}

}  // namespace cuda
}  // namespace gliner
