// The attention kernels for cards alone, in the sizes of bench/disentangled_flash.py: 16,384 packed tokens,
// 12 heads of 64, DeBERTa-v3's 256 buckets. A row of a table for each length and element type:
//   cuda_attention_bench [milliseconds to measure each]
#include <ATen/ATen.h>
#include <ATen/cuda/CUDAEvent.h>
#include <c10/core/InferenceMode.h>
#include <c10/cuda/CUDAStream.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <vector>

#include "nn/attention.h"
#include "nn/cuda/kernels.h"
#include "nn/cuda/operations.h"

namespace {

using namespace gliner;

constexpr std::int64_t kTokens = 16384;
constexpr std::int64_t kHeads = 12;
constexpr std::int64_t kHeadSize = 64;

// Median of single launches, in milliseconds. Each reads another copy of its input, together larger than the
// card's second cache.
template <class Launch>
double median_ms(double budget_ms, Launch launch) {
  for (int i = 0; i < 5; ++i) launch(i);
  const auto stream = c10::cuda::getCurrentCUDAStream();
  stream.synchronize();
  std::vector<double> times;
  double total = 0;
  while (total < budget_ms || times.size() < 20) {
    at::cuda::CUDAEvent before(cudaEventDefault), after(cudaEventDefault);
    before.record(stream);
    launch(static_cast<int>(times.size()));
    after.record(stream);
    after.synchronize();
    times.push_back(before.elapsed_time(after));
    total += times.back();
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2), times.end());
  return times[times.size() / 2];
}

// B H (4 L^2 D + 4 L R D): the products with keys and values, and those of all R active positions.
double flops(std::int64_t length, std::int64_t positions) {
  const auto l = static_cast<double>(length);
  const auto r = static_cast<double>(positions);
  return static_cast<double>(kTokens) * kHeads * kHeadSize * 4 * (l + r);
}

void measure(at::ScalarType element, std::int64_t length, std::int64_t tile_rows, double budget_ms) {
  constexpr int kCopies = 4;
  const std::int64_t hidden = kHeads * kHeadSize;
  const auto positions = std::make_shared<const RelativePositions>(256, 512);
  const auto random = [&](std::int64_t rows, std::int64_t columns) {
    return at::randn({rows, columns}, at::TensorOptions(at::kFloat).device(at::kCUDA));
  };
  const PositionTables tables(positions, random(2 * positions->span(), hidden),
                              random(2 * positions->span(), hidden), kHeads, element);
  std::vector<at::Tensor> qkv;
  for (int i = 0; i < kCopies; ++i) qkv.push_back(random(kTokens, 3 * hidden).to(element));
  SequenceStart start;
  for (std::int64_t begin = 0; begin <= kTokens; begin += length) start.push_back(begin);
  AttentionTiles tiles;
  tiles.rows = tile_rows;
  tiles.tiles = at::tensor(attention_tiles(start, tile_rows), at::kInt).to(at::kCUDA);
  AttentionOptions options;
  options.heads = kHeads;
  options.scale = 1.0 / std::sqrt(3.0 * kHeadSize);
  options.positions = &tables;
  options.tiles = &tiles;
  const double ms = median_ms(
      budget_ms, [&](int i) { self_attention(qkv[static_cast<std::size_t>(i % kCopies)], start, options); });
  const std::int64_t active = std::min<std::int64_t>(2 * length - 1, 2 * positions->span());
  fmt::print("| {} | {} | {} | {:.3f} | {:.1f} |\n", length, at::toString(element), tile_rows, ms,
             flops(length, active) / ms / 1e9);
}

}  // namespace

int main(int argc, char** argv) {
  if (!at::hasCUDA()) {
    fmt::print(stderr, "cuda_attention_bench: no CUDA card in this machine\n");
    return 77;  // Skipped, as test drivers know it.
  }
  const double budget_ms = argc > 1 ? std::strtod(argv[1], nullptr) : 100;
  const c10::InferenceMode guard;
  fmt::print(
      "| length | element | queries of a tile | ms | TFLOP/s |\n| ---: | --- | ---: | ---: | ---: |\n");
  for (const std::int64_t length : {128, 512, 2048, 8192}) {
    for (const auto element : {at::kBFloat16, at::kHalf})
      for (const std::int64_t rows : {64, 128}) measure(element, length, rows, budget_ms);
    measure(at::kFloat, length, cuda::kExactTileRows, budget_ms);
  }
  return 0;
}
