#include "nn/panel_matmul.h"

#include <algorithm>

#include "nn/aligned_buffer.h"
#include "nn/threads.h"

namespace gliner {
namespace {

std::int64_t parts_of(std::int64_t count, std::int64_t size) { return (count + size - 1) / size; }

struct Range {
  std::int64_t begin, end;
};

Range part_of(std::int64_t count, std::int64_t part, std::int64_t parts) {
  return {count * part / parts, count * (part + 1) / parts};
}

/// These rows and panels of `product`.
PanelProduct block_of(const PanelProduct& product, const Range& rows, const Range& panels) {
  PanelProduct block = product;
  const std::int64_t column = panels.begin * kWeightPanel;
  block.x += rows.begin * product.x_stride;
  block.rows = rows.end - rows.begin;
  block.weight += column * product.depth;
  block.panels = panels.end - panels.begin;
  if (block.bias) block.bias += column;
  block.y += rows.begin * product.y_stride + column;
  return block;
}

void run_part(const PanelProduct& product, const Range& tiles, const Range& panels) {
  constexpr std::int64_t kTiles = kPanelProductBlockRows / kPanelProductRows;
  const std::int64_t count = tiles.end - tiles.begin;
  const std::int64_t blocks = parts_of(count, kTiles);
  for (std::int64_t b = 0; b < blocks; ++b) {
    const Range own = part_of(count, b, blocks);
    PanelProduct block = block_of(product,
                                  {(tiles.begin + own.begin) * kPanelProductRows,
                                   std::min(product.rows, (tiles.begin + own.end) * kPanelProductRows)},
                                  panels);
    thread_local AlignedBuffer sums;
    if (block.depth > kPanelDepth) block.sums = sums.floats(block.rows * block.panels * kWeightPanel);
    cpu_kernels().panel_product(block);
  }
}

}  // namespace

std::optional<PanelGrid> panel_grid(std::int64_t rows, std::int64_t panels, std::int64_t threads) {
  const std::int64_t tiles = parts_of(rows, kPanelProductRows);
  PanelGrid best;
  std::int64_t least = tiles * panels;
  for (std::int64_t row_parts = 1; row_parts <= std::min(threads, tiles); ++row_parts) {
    const PanelGrid grid{row_parts, std::min(threads / row_parts, panels)};
    const std::int64_t largest = parts_of(tiles, grid.row_parts) * parts_of(panels, grid.column_parts);
    if (largest >= least) continue;
    least = largest;
    best = grid;
  }
  constexpr double kUsed = 0.8;
  if (static_cast<double>(tiles * panels) < kUsed * static_cast<double>(least * threads)) return std::nullopt;
  return best;
}

void run_panel_product(const PanelProduct& product, const PanelGrid& grid) {
  const std::int64_t tiles = parts_of(product.rows, kPanelProductRows);
  parallel_tasks(grid.row_parts * grid.column_parts, [&](std::int64_t task) {
    run_part(product, part_of(tiles, task / grid.column_parts, grid.row_parts),
             part_of(product.panels, task % grid.column_parts, grid.column_parts));
  });
}

}  // namespace gliner
