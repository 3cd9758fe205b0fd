#include <ATen/ATen.h>

#include <algorithm>

#include "base/check.h"
#include "nn/cuda/indices.h"
#include "nn/cuda/kernels.h"
#include "nn/cuda/operations.h"

// What the kernels for cards are given. No CUDA here, so it is built and tested everywhere.

namespace gliner {
namespace {

// Expanded tables have two rows for each distance up to this, so they stay within some 50 MB a layer.
// Published checkpoints need 512.
constexpr std::int64_t kMostSaturation = 1 << 14;

at::Tensor in_groups(const at::Tensor& expanded, std::int64_t heads, at::ScalarType element) {
  const std::int64_t size = expanded.size(1) / heads;
  return expanded.to(element)
      .view({-1, cuda::kGroupRows, heads, size / 32, 2, 2, 4, 2})  // [groups, g, heads, a, b, c, t, e]
      .permute({2, 0, 3, 1, 6, 4, 5, 7})
      .contiguous();
}

}  // namespace

CardTables make_card_tables(const RelativePositions& positions, const at::Tensor& key,
                            const at::Tensor& query, std::int64_t heads, c10::ScalarType element) {
  CardTables card;
  card.saturation = positions.far() <= kMostSaturation ? positions.far() : 0;
  if (card.saturation == 0) return card;
  const std::int64_t s = card.saturation;
  std::vector<std::int32_t> columns;
  for (std::int64_t e = -s; e <= s; ++e) columns.push_back(static_cast<std::int32_t>(positions.column(-e)));
  card.columns = at::tensor(columns, at::kInt).to(key.device());

  const auto head_size = static_cast<int>(key.size(1) / heads);
  if (element == at::kFloat || !cuda::has_tensor_core_attention(head_size)) return card;
  const std::int64_t rows = std::int64_t{cuda::kGroupRows} * cuda::groups_per_side(static_cast<int>(s));
  std::vector<std::int64_t> expanded;
  for (std::int64_t e = -rows; e < rows; ++e) expanded.push_back(positions.column(-std::clamp(e, -s, s)));
  const at::Tensor index = at::tensor(expanded, at::kLong).to(key.device());
  card.key_groups = in_groups(key.index_select(0, index), heads, element);
  card.query_groups = in_groups(query.index_select(0, index), heads, element);
  return card;
}

std::int64_t attention_tile_rows(std::int64_t head_size, at::ScalarType element) {
  const bool short_elements = element == at::kHalf || element == at::kBFloat16;
  if (!short_elements || !cuda::has_tensor_core_attention(static_cast<int>(head_size)))
    return cuda::kExactTileRows;
  // Tiles of 8 warps halve what is read of keys and values, but only one of them fits on a multiprocessor,
  // and they leave more rows unused at the end of a sequence. cuda_attention_bench measures both.
  return cuda::kTileRowsPerWarp * 4;
}

std::vector<std::int32_t> attention_tiles(const SequenceStart& start, std::int64_t rows) {
  std::vector<std::int32_t> tiles;
  for (const std::size_t b : longest_first(start)) {
    const std::int64_t length = start[b + 1] - start[b];
    for (std::int64_t row = 0; row < length; row += rows)
      for (const std::int64_t number : {start[b], length, row, std::int64_t{0}})
        tiles.push_back(static_cast<std::int32_t>(number));
  }
  return tiles;
}

}  // namespace gliner
