#pragma once

#include <cstdint>
#include <optional>

#include "nn/cpu/kernels.h"

namespace gliner {

/// How a PanelProduct is divided among threads: its rows in `row_parts`, its panels in `column_parts`.
struct PanelGrid {
  std::int64_t row_parts = 1;
  std::int64_t column_parts = 1;
};

/// The grid of at most `threads` parts whose largest part is smallest. None if even then the threads would
/// wait for a fifth of the time: that is a product for somebody who divides it otherwise.
std::optional<PanelGrid> panel_grid(std::int64_t rows, std::int64_t panels, std::int64_t threads);

/// Runs `product` (`sums` is not used) on the intra-op threads. Thread-safe.
void run_panel_product(const PanelProduct& product, const PanelGrid& grid);

}  // namespace gliner
