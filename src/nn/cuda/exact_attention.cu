#include <cuda_runtime.h>

#include "nn/cuda/element.cuh"
#include "nn/cuda/kernels.h"

// Attention in float32 arithmetic for any element type and head size: what float32 models run on the card,
// and where tensor_core_attention has no code. Scores by tiles of 32 queries and 32 keys; the position terms
// are added as they are defined, dimension by dimension,
//   q . k + q . key_table[e] + k . query_table[e] = sum over d of q (k + key_table[e]) + k query_table[e],
// from the 63 rows of the tables that a tile meets.

namespace gliner {
namespace cuda {
namespace {

constexpr int kRows = kExactTileRows;  // Queries of a tile, keys of a block.
constexpr int kThreads = 256;
constexpr int kBandRows = 2 * kRows;  // 63 positions of a tile, and one that is not needed.
constexpr int kScorePitch = kRows + 1;

// Rows one float apart from a power of two lie in different banks.
__host__ __device__ constexpr int pitch_of(int head_size) { return head_size | 1; }
__host__ __device__ constexpr int shared_floats(int head_size, bool positions) {
  return (3 * kRows + (positions ? 2 * kBandRows : 0)) * pitch_of(head_size) + kRows * kScorePitch;
}

// Rows [first, first + kRows) of a sequence, zeros where there are none.
template <class Element>
__device__ void load_rows(const Element* from, long long stride, int first, int length, int size, float* to) {
  const int pitch = pitch_of(size);
  for (int i = static_cast<int>(threadIdx.x); i < kRows * size; i += kThreads) {
    const int row = i / size;
    const int d = i % size;
    to[row * pitch + d] = first + row < length ? to_float(from[(first + row) * stride + d]) : 0.0F;
  }
}

// The tables' rows for e = first_e + 0, 1, ..., kBandRows - 1.
__device__ void load_band(const AttentionCall& call, int head, int first_e, float* keys, float* queries) {
  const int size = call.head_size;
  const int pitch = pitch_of(size);
  const auto* key_table = static_cast<const float*>(call.key_table);
  const auto* query_table = static_cast<const float*>(call.query_table);
  for (int i = static_cast<int>(threadIdx.x); i < kBandRows * size; i += kThreads) {
    const int row = i / size;
    const int d = i % size;
    const int e = min(max(first_e + row, -call.saturation), call.saturation);
    const long long at =
        (static_cast<long long>(call.columns[e + call.saturation]) * call.heads + head) * size + d;
    keys[row * pitch + d] = key_table ? key_table[at] : 0.0F;
    queries[row * pitch + d] = query_table ? query_table[at] : 0.0F;
  }
}

template <class Element>
__global__ void __launch_bounds__(kThreads) attend_exactly(AttentionCall call) {
  extern __shared__ float memory[];
  const QueryTile tile = call.tiles[blockIdx.x];
  if (tile.length <= 0) return;
  const int head = static_cast<int>(blockIdx.y);
  const int size = call.head_size;
  const int pitch = pitch_of(size);
  const int hidden = call.heads * size;
  const bool positions = call.columns != nullptr;
  float* const queries = memory;
  float* const keys = queries + kRows * pitch;
  float* const values = keys + kRows * pitch;
  float* const scores = values + kRows * pitch;
  float* const key_band = scores + kRows * kScorePitch;
  float* const query_band = key_band + kBandRows * pitch;

  const long long stride = call.qkv_stride;
  const Element* sequence = static_cast<const Element*>(call.qkv) + tile.begin * stride + head * size;
  load_rows(sequence, stride, tile.row, tile.length, size, queries);

  const int thread = static_cast<int>(threadIdx.x);
  // Scores: two queries and two keys that follow each other, so three positions.
  const int i = thread / 16 * 2;
  const int j = thread % 16 * 2;
  // Softmax and output: eight threads for each query, dimensions part, part + 8, ...
  const int row = thread / 8;
  const int part = thread % 8;
  float top = -1.0e30F;
  float total = 0;
  float out[kMostExactHead / 8] = {};

  const std::int64_t window = call.window < 0 ? tile.length : call.window;
  const std::int64_t first = tile.row - window > 0 ? (tile.row - window) / kRows * kRows : 0;
  const std::int64_t end = min(static_cast<std::int64_t>(tile.length), tile.row + kRows + window);
  for (int key = static_cast<int>(first); key < end; key += kRows) {
    __syncthreads();
    load_rows(sequence + hidden, stride, key, tile.length, size, keys);
    load_rows(sequence + 2 * hidden, stride, key, tile.length, size, values);
    if (positions) load_band(call, head, key - tile.row - (kRows - 1), key_band, query_band);
    __syncthreads();

    float s00 = 0, s01 = 0, s10 = 0, s11 = 0;
    const float* const q = queries + i * pitch;
    const float* const k = keys + j * pitch;
    if (positions) {
      // Query i and key j have row j - i + kRows - 1 of the band.
      const float* const pk = key_band + (j - i + kRows - 1) * pitch;
      const float* const pq = query_band + (j - i + kRows - 1) * pitch;
      for (int d = 0; d < size; ++d) {
        const float q0 = q[d], q1 = q[pitch + d], k0 = k[d], k1 = k[pitch + d];
        s00 += q0 * (k0 + pk[d]) + k0 * pq[d];
        s01 += q0 * (k1 + pk[pitch + d]) + k1 * pq[pitch + d];
        s10 += q1 * (k0 + pk[d - pitch]) + k0 * pq[d - pitch];
        s11 += q1 * (k1 + pk[d]) + k1 * pq[d];
      }
    } else {
      for (int d = 0; d < size; ++d) {
        const float q0 = q[d], q1 = q[pitch + d], k0 = k[d], k1 = k[pitch + d];
        s00 += q0 * k0;
        s01 += q0 * k1;
        s10 += q1 * k0;
        s11 += q1 * k1;
      }
    }
    const auto put = [&](int r, int c, float score) {
      const int distance = abs(tile.row + r - key - c);
      const bool seen = key + c < tile.length && distance <= window;
      scores[r * kScorePitch + c] = seen ? score * call.scale : -1.0e30F;
    };
    put(i, j, s00);
    put(i, j + 1, s01);
    put(i + 1, j, s10);
    put(i + 1, j + 1, s11);
    __syncthreads();

    float* const mine = scores + row * kScorePitch;
    float largest = top;
    for (int c = part; c < kRows; c += 8) largest = fmaxf(largest, mine[c]);
    for (int mask = 1; mask < 8; mask *= 2)
      largest = fmaxf(largest, __shfl_xor_sync(0xffffffffU, largest, mask));
    const float factor = expf(top - largest);
    top = largest;
    float sum = 0;
    for (int c = part; c < kRows; c += 8) {
      const float weight = mine[c] > -0.5e30F ? expf(mine[c] - largest) : 0.0F;
      mine[c] = weight;
      sum += weight;
    }
    for (int mask = 1; mask < 8; mask *= 2) sum += __shfl_xor_sync(0xffffffffU, sum, mask);
    total = total * factor + sum;
    __syncwarp();  // The eight threads of a query are in one warp.
    GLINER_UNROLL
    for (int n = 0; n < kMostExactHead / 8; ++n) {
      const int d = part + 8 * n;
      if (d >= size) break;
      float add = 0;
      for (int c = 0; c < kRows; ++c) add += mine[c] * values[c * pitch + d];
      out[n] = out[n] * factor + add;
    }
  }
  if (tile.row + row >= tile.length) return;
  auto* const to = static_cast<Element*>(call.out) +
                   static_cast<long long>(tile.begin + tile.row + row) * hidden + head * size;
  GLINER_UNROLL
  for (int n = 0; n < kMostExactHead / 8; ++n) {
    const int d = part + 8 * n;
    if (d < size) to[d] = from_float<Element>(out[n] / total);
  }
}

template <class Element>
const char* launch(const AttentionCall& call, cudaStream_t stream) {
  const int bytes = shared_floats(call.head_size, call.columns != nullptr) * static_cast<int>(sizeof(float));
  // Above 48 KiB a kernel must ask for it; cheap, and allowed while a graph is captured.
  cudaError_t error =
      cudaFuncSetAttribute(attend_exactly<Element>, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes);
  if (error != cudaSuccess) return cudaGetErrorString(error);
  const dim3 grid(static_cast<unsigned>(call.tile_count), static_cast<unsigned>(call.heads));
  attend_exactly<Element><<<grid, kThreads, static_cast<std::size_t>(bytes), stream>>>(call);
  error = cudaGetLastError();
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

}  // namespace

const char* exact_attention(const AttentionCall& call, Element element, void* stream) {
  if (call.tile_count == 0) return nullptr;
  if (call.head_size < 1 || call.head_size > kMostExactHead) return "exact_attention: head too large";
  const auto on = static_cast<cudaStream_t>(stream);
  if (element == Element::kFloat16) return launch<__half>(call, on);
  if (element == Element::kBfloat16) return launch<__nv_bfloat16>(call, on);
  return launch<float>(call, on);
}

}  // namespace cuda
}  // namespace gliner
