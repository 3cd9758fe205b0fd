#include <cuda_runtime.h>

#include "nn/cuda/element.cuh"
#include "nn/cuda/kernels.h"

// What stands between the matrix products. Each row is read once and written once: memory bandwidth is the
// floor of all of these.

namespace gliner {
namespace cuda {
namespace {

constexpr int kWarps = 4;  // Rows of a block of threads.
constexpr int kLaneColumns = 8;
constexpr int kChunkColumns = 32 * kLaneColumns;  // Columns that a warp takes at a time.

__device__ __forceinline__ float sum_of_warp(float x) {
  for (int mask = 16; mask > 0; mask /= 2) x += __shfl_xor_sync(0xffffffffU, x, mask);
  return x;
}

// A row in the registers of a warp, kChunks times eight columns a lane.
template <int kChunks>
struct Row {
  float v[kChunks][8];
  int lane_column;  // First column of this lane in chunk 0.
  int columns;

  __device__ __forceinline__ int column(int chunk) const { return chunk * kChunkColumns + lane_column; }
  __device__ __forceinline__ bool exists(int chunk) const { return column(chunk) < columns; }
};

// Mean and variance from the registers, one after the other: exact, unlike the sum of squares.
template <class Element, int kChunks>
__device__ __forceinline__ void normalise_and_store(Row<kChunks>& row, const AddNormCall& call,
                                                    long long at) {
  float sum = 0;
  GLINER_UNROLL
  for (int c = 0; c < kChunks; ++c)
    if (row.exists(c)) {
      GLINER_UNROLL
      for (int k = 0; k < 8; ++k) sum += row.v[c][k];
    }
  const float mean = sum_of_warp(sum) / static_cast<float>(call.columns);
  float squares = 0;
  GLINER_UNROLL
  for (int c = 0; c < kChunks; ++c)
    if (row.exists(c)) {
      GLINER_UNROLL
      for (int k = 0; k < 8; ++k) squares += (row.v[c][k] - mean) * (row.v[c][k] - mean);
    }
  const float scale = rsqrtf(sum_of_warp(squares) / static_cast<float>(call.columns) + call.eps);
  GLINER_UNROLL
  for (int c = 0; c < kChunks; ++c) {
    if (!row.exists(c)) continue;
    const int column = row.column(c);
    float weight[8], bias[8] = {};
    load_eight(call.weight + column, weight);
    if (call.bias) load_eight(call.bias + column, bias);
    GLINER_UNROLL
    for (int k = 0; k < 8; ++k) row.v[c][k] = (row.v[c][k] - mean) * scale * weight[k] + bias[k];
    if (call.y) store_eight(call.y + at + column, row.v[c]);
    if (call.y_short) store_eight(static_cast<Element*>(call.y_short) + at + column, row.v[c]);
  }
}

template <class Element, int kChunks>
__global__ void __launch_bounds__(32 * kWarps) add_norm(AddNormCall call) {
  const int r = static_cast<int>(blockIdx.x) * kWarps + static_cast<int>(threadIdx.x) / 32;
  if (r >= call.rows) return;
  const long long at = static_cast<long long>(r) * call.columns;
  Row<kChunks> row;
  row.lane_column = static_cast<int>(threadIdx.x & 31) * kLaneColumns;
  row.columns = call.columns;
  GLINER_UNROLL
  for (int c = 0; c < kChunks; ++c) {
    if (!row.exists(c)) continue;
    load_eight(static_cast<const Element*>(call.x) + at + row.column(c), row.v[c]);
    if (!call.residual) continue;
    float residual[8];
    load_eight(call.residual + at + row.column(c), residual);
    GLINER_UNROLL
    for (int k = 0; k < 8; ++k) row.v[c][k] += residual[k];
  }
  normalise_and_store<Element>(row, call, at);
}

template <class Element, int kChunks>
__global__ void __launch_bounds__(32 * kWarps) embed_norm(EmbedNormCall call) {
  const int r = static_cast<int>(blockIdx.x) * kWarps + static_cast<int>(threadIdx.x) / 32;
  if (r >= call.norm.rows) return;
  const float* const from = call.table + static_cast<long long>(call.ids[r]) * call.norm.columns;
  Row<kChunks> row;
  row.lane_column = static_cast<int>(threadIdx.x & 31) * kLaneColumns;
  row.columns = call.norm.columns;
  GLINER_UNROLL
  for (int c = 0; c < kChunks; ++c)
    if (row.exists(c)) load_eight(from + row.column(c), row.v[c]);
  normalise_and_store<Element>(row, call.norm, static_cast<long long>(r) * call.norm.columns);
}

template <class Element>
__global__ void __launch_bounds__(256)
    add_gelu(Element* x, const Element* bias, std::int64_t eights, int columns) {
  const std::int64_t step = static_cast<std::int64_t>(gridDim.x) * blockDim.x;
  for (std::int64_t i = static_cast<std::int64_t>(blockIdx.x) * blockDim.x + threadIdx.x; i < eights;
       i += step) {
    float v[8], b[8] = {};
    load_eight(x + 8 * i, v);
    if (bias) load_eight(bias + 8 * i % columns, b);
    GLINER_UNROLL
    for (int k = 0; k < 8; ++k) {
      const float y = v[k] + b[k];
      v[k] = 0.5F * y * (1.0F + erff(y * 0.70710678118654752440F));
    }
    store_eight(x + 8 * i, v);
  }
}

const char* text_of(cudaError_t error) { return error == cudaSuccess ? nullptr : cudaGetErrorString(error); }

unsigned blocks_of(int rows) { return static_cast<unsigned>((rows + kWarps - 1) / kWarps); }

struct AddNorm {
  using Call = AddNormCall;
  template <class Element, int kChunks>
  static void launch(const Call& call, cudaStream_t stream) {
    add_norm<Element, kChunks><<<blocks_of(call.rows), 32 * kWarps, 0, stream>>>(call);
  }
  static const AddNormCall& norm(const Call& call) { return call; }
};
struct EmbedNorm {
  using Call = EmbedNormCall;
  template <class Element, int kChunks>
  static void launch(const Call& call, cudaStream_t stream) {
    embed_norm<Element, kChunks><<<blocks_of(call.norm.rows), 32 * kWarps, 0, stream>>>(call);
  }
  static const AddNormCall& norm(const Call& call) { return call.norm; }
};

template <class Kernel, class Element>
const char* launch_width(const typename Kernel::Call& call, cudaStream_t stream) {
  const AddNormCall& norm = Kernel::norm(call);
  if (norm.rows == 0) return nullptr;
  if (norm.columns % kLaneColumns != 0 || norm.columns > kMostNormColumns)
    return "layer norm: expected columns in eights, at most 2048";
  const int chunks = (norm.columns + kChunkColumns - 1) / kChunkColumns;
  if (chunks <= 1)
    Kernel::template launch<Element, 1>(call, stream);
  else if (chunks <= 2)
    Kernel::template launch<Element, 2>(call, stream);
  else if (chunks == 3)
    Kernel::template launch<Element, 3>(call, stream);
  else if (chunks == 4)
    Kernel::template launch<Element, 4>(call, stream);
  else
    Kernel::template launch<Element, 8>(call, stream);
  return text_of(cudaGetLastError());
}

template <class Kernel>
const char* launch(const typename Kernel::Call& call, Element element, void* stream) {
  const auto on = static_cast<cudaStream_t>(stream);
  if (element == Element::kFloat16) return launch_width<Kernel, __half>(call, on);
  if (element == Element::kBfloat16) return launch_width<Kernel, __nv_bfloat16>(call, on);
  return launch_width<Kernel, float>(call, on);
}

template <class T>
const char* launch_gelu(void* x, const void* bias, std::int64_t eights, int columns, cudaStream_t stream) {
  constexpr std::int64_t kMostBlocks = 132 * 16;
  const std::int64_t blocks = (eights + 255) / 256;
  add_gelu<<<static_cast<unsigned>(blocks < kMostBlocks ? blocks : kMostBlocks), 256, 0, stream>>>(
      static_cast<T*>(x), static_cast<const T*>(bias), eights, columns);
  return text_of(cudaGetLastError());
}

}  // namespace

const char* add_layer_norm(const AddNormCall& call, Element element, void* stream) {
  return launch<AddNorm>(call, element, stream);
}

const char* embed_layer_norm(const EmbedNormCall& call, Element element, void* stream) {
  return launch<EmbedNorm>(call, element, stream);
}

const char* bias_gelu(void* x, const void* bias, std::int64_t rows, int columns, Element element,
                      void* stream) {
  if (rows == 0) return nullptr;
  if (columns % kLaneColumns != 0) return "bias_gelu: expected columns in eights";
  const auto on = static_cast<cudaStream_t>(stream);
  const std::int64_t eights = rows * columns / kLaneColumns;
  if (element == Element::kFloat16) return launch_gelu<__half>(x, bias, eights, columns, on);
  if (element == Element::kBfloat16) return launch_gelu<__nv_bfloat16>(x, bias, eights, columns, on);
  return launch_gelu<float>(x, bias, eights, columns, on);
}

}  // namespace cuda
}  // namespace gliner
