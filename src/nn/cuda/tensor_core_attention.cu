#include <cuda_runtime.h>

#include "nn/cuda/attention_warp.h"
#include "nn/cuda/cuda_warp.cuh"
#include "nn/cuda/kernels.h"

namespace gliner {
namespace cuda {
namespace {

constexpr int kStages = 2;  // Blocks of keys and values in shared memory: one in use, one on its way.

// Copies 16 bytes past the registers, or writes zeros.
__device__ __forceinline__ void copy_chunk(std::uint32_t to, const void* from, bool exists) {
  const int bytes = exists ? 16 : 0;
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(to), "l"(from), "r"(bytes));
}
__device__ __forceinline__ void end_copies() { asm volatile("cp.async.commit_group;"); }
template <int kPending>
__device__ __forceinline__ void wait_for_copies() {
  asm volatile("cp.async.wait_group %0;" ::"n"(kPending) : "memory");
}

template <class Element, int kSize, int kWarps>
__device__ __forceinline__ void copy_block(std::uint32_t keys, std::uint32_t values,
                                           const Element* first_key_row, long long stride, int hidden,
                                           int first_key, int length) {
  constexpr int kChunks = kSize / 8;
  constexpr int kThreads = 32 * kWarps;
  static_assert(kKeyBlock * kChunks % kThreads == 0, "every thread copies as much");
  GLINER_UNROLL
  for (int i = 0; i < kKeyBlock * kChunks / kThreads; ++i) {
    const int index = i * kThreads + static_cast<int>(threadIdx.x);
    const int row = index / kChunks;
    const int chunk = index % kChunks;
    const bool exists = first_key + row < length;
    const Element* from = first_key_row + (exists ? first_key + row : 0) * stride + 8 * chunk;
    const auto byte = static_cast<std::uint32_t>(tile_byte<kSize>(row, chunk));
    copy_chunk(keys + byte, from, exists);
    copy_chunk(values + byte, from + hidden, exists);
  }
}

// One block of threads for each tile of queries and head. The warps share keys and values only.
template <class Element, int kSize, int kWarps, bool kPositions>
__global__ void __launch_bounds__(32 * kWarps, kWarps == 4 ? 3 : 1) attend(AttentionCall call, int per_side) {
  using Warp = AttentionWarp<CudaWarp<Element>, kSize, kPositions>;
  constexpr int kTileBytes = kKeyBlock * kSize * 2;
  __shared__ __align__(128) unsigned char memory[kStages * 2 * kTileBytes];

  const QueryTile tile = call.tiles[blockIdx.x];
  if (tile.length <= 0) return;
  const int head = static_cast<int>(blockIdx.y);
  const int warp = static_cast<int>(threadIdx.x) / 32;
  const int hidden = call.heads * kSize;
  const long long stride = call.qkv_stride;
  const Element* sequence = static_cast<const Element*>(call.qkv) + tile.begin * stride + head * kSize;

  typename Warp::Sequence s;
  s.length = tile.length;
  s.row = tile.row + warp * kWarpRows;
  s.window = call.window;
  s.scale = call.scale * 1.44269504088896340736F;  // log2(e)
  s.saturation = call.saturation;
  s.per_side = per_side;
  const long long table_chunks = 2LL * per_side * (kSize / 32) * 32;  // uint4 of a head
  const typename CudaWarp<Element>::Groups key_groups = {
      kPositions ? static_cast<const uint4*>(call.key_table) + head * table_chunks : nullptr};
  const typename CudaWarp<Element>::Groups query_groups = {
      kPositions ? static_cast<const uint4*>(call.query_table) + head * table_chunks : nullptr};
  const typename CudaWarp<Element>::Queries queries = {sequence + s.row * stride, stride, s.length - s.row};
  Warp worker(s, queries, key_groups, query_groups);

  const auto address = static_cast<std::uint32_t>(__cvta_generic_to_shared(memory));
  const KeyRange range = keys_seen(tile.row, kWarps * kWarpRows, tile.length, call.window);
  const auto copy = [&](int first_key, int stage) {
    const std::uint32_t keys = address + static_cast<std::uint32_t>(stage * 2 * kTileBytes);
    copy_block<Element, kSize, kWarps>(keys, keys + kTileBytes, sequence + hidden, stride, hidden, first_key,
                                       tile.length);
  };
  copy(range.first, 0);
  end_copies();
  int stage = 0;
  for (int first_key = range.first; first_key < range.end; first_key += kKeyBlock) {
    if (first_key + kKeyBlock < range.end) copy(first_key + kKeyBlock, stage ^ 1);
    end_copies();  // An empty one at the end, so that the count holds.
    wait_for_copies<1>();
    __syncthreads();
    const std::uint32_t keys = address + static_cast<std::uint32_t>(stage * 2 * kTileBytes);
    if (s.row < s.length) worker.attend(keys, keys + kTileBytes, first_key);
    __syncthreads();  // Before the next copies overwrite what was read.
    stage ^= 1;
  }
  if (s.row >= s.length) return;
  worker.finish();

  const int lane = static_cast<int>(threadIdx.x & 31);
  auto* out = static_cast<Element*>(call.out) + static_cast<long long>(tile.begin + s.row) * hidden +
              head * kSize + 2 * (lane & 3);
  GLINER_UNROLL
  for (int h = 0; h < 2; ++h) {
    const int row = (lane >> 2) + 8 * h;
    if (s.row + row >= s.length) continue;
    GLINER_UNROLL
    for (int n = 0; n < kSize / 8; ++n)
      *reinterpret_cast<std::uint32_t*>(out + static_cast<long long>(row) * hidden + 8 * n) =
          Packed<Element>::pack(worker.out(n)[2 * h], worker.out(n)[2 * h + 1]);
  }
}

template <class Element, int kSize, int kWarps>
const char* launch(const AttentionCall& call, cudaStream_t stream) {
  const dim3 grid(static_cast<unsigned>(call.tile_count), static_cast<unsigned>(call.heads));
  const int per_side = groups_per_side(call.saturation);
  if (call.key_table)
    attend<Element, kSize, kWarps, true><<<grid, 32 * kWarps, 0, stream>>>(call, per_side);
  else
    attend<Element, kSize, kWarps, false><<<grid, 32 * kWarps, 0, stream>>>(call, per_side);
  const cudaError_t error = cudaGetLastError();
  return error == cudaSuccess ? nullptr : cudaGetErrorString(error);
}

template <class Element>
const char* launch_size(const AttentionCall& call, int warps, cudaStream_t stream) {
  if (call.head_size == 64)
    return warps == 8 ? launch<Element, 64, 8>(call, stream) : launch<Element, 64, 4>(call, stream);
  if (call.head_size == 32)
    return warps == 8 ? launch<Element, 32, 8>(call, stream) : launch<Element, 32, 4>(call, stream);
  return "tensor_core_attention: heads of this size are not compiled";
}

}  // namespace

const char* tensor_core_attention(const AttentionCall& call, Element element, int warps, void* stream) {
  if (call.tile_count == 0) return nullptr;
  const auto on = static_cast<cudaStream_t>(stream);
  if (element == Element::kFloat16) return launch_size<__half>(call, warps, on);
  if (element == Element::kBfloat16) return launch_size<__nv_bfloat16>(call, warps, on);
  return "tensor_core_attention: expected elements of 16 bits";
}

}  // namespace cuda
}  // namespace gliner
