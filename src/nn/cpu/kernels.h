#pragma once

#include <cstdint>
#include <vector>

namespace gliner {

/// Columns of a panel: a cache line, the widest vector.
constexpr std::int64_t kAttentionPanel = 16;

/// So far beyond `AttentionHead::far` the tables are read.
constexpr std::int64_t kAttentionFarRim = 192;

/// Self-attention of one head over one sequence. L length, D head size, L' = L - first_query. With d = i - j
/// the score of query i and key j is  scale * (q_i . k_j + q_i . position_key(d) + position_query(d) . k_j),
/// the last two only with tables (He et al. 2021, "DeBERTa", equation 4).
struct AttentionHead {
  const float* query = nullptr;  ///< [L', D], rows `stride` floats apart.
  const float* key = nullptr;    ///< [L, D], rows `key_stride` floats apart; value likewise.
  const float* value = nullptr;
  std::int64_t stride = 0;
  std::int64_t key_stride = 0;
  std::int64_t length = 0;
  std::int64_t first_query = 0;  ///< The queries are of the tokens from here on. Not 0 without tables only.
  std::int64_t head_size = 0;
  float scale = 1;           ///< Positive.
  std::int64_t window = -1;  ///< Only |i - j| <= window attend; negative: all.
  bool causal = false;       ///< Only j <= i attend. Without tables only.
  /// Tables in panels of kAttentionPanel distances, falling, each [D, kAttentionPanel]. Both point to the
  /// panel of the distances 15 to 0: entry c of distance d = 16 * p + r, 0 <= r < 16, is
  /// position_key[-p * 16 * D + c * 16 + 15 - r]. The panels -P <= p < P must be readable, P = ceil(L / 16),
  /// or ceil((far + kAttentionFarRim) / 16) where that is less. Both null: plain attention.
  const float* position_key = nullptr;
  const float* position_query = nullptr;
  /// The tables are those of `far` for every greater distance, and those of -far for every lesser one; then
  /// a key that is so far away costs no product with them. 0: not so. Not together with a window.
  std::int64_t far = 0;
  float* out = nullptr;  ///< [L', D], rows `out_stride` floats apart.
  std::int64_t out_stride = 0;
  float* scratch = nullptr;  ///< attention_scratch_floats(L, D) floats.
};

std::int64_t attention_scratch_floats(std::int64_t length, std::int64_t head_size);

/// A matrix in panels of kAttentionPanel columns, each [rows, kAttentionPanel], from columns of another one:
/// column c of `to` is column columns[c] of `from`. Fast where neighbours come from neighbours.
struct PanelColumns {
  const float* from = nullptr;
  const std::int32_t* columns = nullptr;  ///< [panels * kAttentionPanel]
  std::int64_t panels = 0;                ///< Of `to`.
  std::int64_t rows = 0;
  float* to = nullptr;
};

/// Scores of the spans that start at one row. C inner size, Q queries:
///   scores[q * score_stride + k] = bias[q] + sum_c relu(start[c] + end[k * C + c]) * queries[q * C + c].
struct SpanScores {
  const float* start = nullptr;    ///< [C]
  const float* end = nullptr;      ///< [widths, C]: rows that the span may end on.
  const float* queries = nullptr;  ///< [Q, C]
  const float* bias = nullptr;     ///< [Q]
  std::int64_t widths = 0;
  std::int64_t query_count = 0;
  std::int64_t inner = 0;  ///< C
  float* scores = nullptr;
  std::int64_t score_stride = 0;
};

/// What span_scores makes of the spans that start at one row before it meets the queries:
///   y[k * C + c] = relu(start[c] + end[k * C + c]).
struct SpanSums {
  const float* start = nullptr;  ///< [C]
  const float* end = nullptr;    ///< [widths, C]
  std::int64_t widths = 0;
  std::int64_t inner = 0;  ///< C
  float* y = nullptr;      ///< [widths, C]
};

/// y = (x - mean) / sqrt(variance + eps) * weight + bias over each of `rows` rows of `columns` floats. `bias`
/// may be null; y may be x.
struct LayerNormRows {
  const float* x = nullptr;
  const float* weight = nullptr;
  const float* bias = nullptr;
  float eps = 0;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  float* y = nullptr;
};

/// Turns pairs of columns by the angles of their row (Su et al. 2021, "RoFormer"): in each of `blocks` blocks
/// of 2 * half columns side by side, a = x[c] and b = x[half + c] become a * cosine[c] - b * sine[c] and b *
/// cosine[c] + a * sine[c].
struct RotaryRows {
  float* x = nullptr;  ///< Rows `stride` floats apart.
  std::int64_t stride = 0;
  std::int64_t rows = 0;
  std::int64_t blocks = 0;
  std::int64_t half = 0;
  const float* cosine = nullptr;  ///< [rows, half]
  const float* sine = nullptr;
};

/// GELU by erf, itself by Abramowitz and Stegun 7.1.26 (within 1.5e-7).
enum class RowActivation { kNone, kGelu, kGeluTanh, kRelu, kSilu, kTanh };

/// y (+)= f(column_scale[c] * step * sums[c] + column_offset[c] * least + bias[c]) over each row: integer
/// sums of a product whose row of x was `least + step * integer` back in float32.
struct ScaledRows {
  const std::int32_t* sums = nullptr;  ///< [rows, columns]
  const float* row_scale = nullptr;    ///< [rows, 2]: step, least
  const float* column_scale = nullptr;
  const float* column_offset = nullptr;
  const float* bias = nullptr;
  std::int64_t rows = 0;
  std::int64_t columns = 0;
  RowActivation activation = RowActivation::kNone;
  bool accumulate = false;
  float* y = nullptr;  ///< [rows, columns]
};

/// Columns of a panel of weights, and what its depth is a multiple of.
constexpr std::int64_t kWeightPanel = 64;
constexpr std::int64_t kPanelDepthStep = 4;
/// Rows of a tile of sums, rows that one call should have at most (they stay in the second cache), and
/// the depth that is summed before sums go to memory.
constexpr std::int64_t kPanelProductRows = 6;
constexpr std::int64_t kPanelProductBlockRows = 22 * kPanelProductRows;
constexpr std::int64_t kPanelDepth = 768;

/// y = f(x W + bias), or f(x W + bias + y), with W in panels of kWeightPanel columns, each [depth,
/// kWeightPanel], one behind the other: what oneDNN's inner products with AVX-512 take too. Sums run over the
/// depth in order, whatever the number of rows.
struct PanelProduct {
  const float* x = nullptr;  ///< [rows, depth], rows x_stride floats apart.
  std::int64_t x_stride = 0;
  std::int64_t rows = 0;
  std::int64_t depth = 0;
  const float* weight = nullptr;
  std::int64_t panels = 0;
  const float* bias = nullptr;  ///< [panels * kWeightPanel], or null.
  RowActivation activation = RowActivation::kNone;
  bool accumulate = false;
  float* y = nullptr;  ///< [rows, panels * kWeightPanel], rows y_stride floats apart; not x.
  std::int64_t y_stride = 0;
  float* sums = nullptr;  ///< [rows, panels * kWeightPanel], scratch; not read for depths up to kPanelDepth.
};

/// The loops of this engine that oneDNN has no primitive for, or a slower one, compiled once per instruction
/// set. Pure functions on caller's memory; thread-safe.
struct CpuKernels {
  const char* name;  ///< "baseline", "avx2", "avx512"
  void (*attention_head)(const AttentionHead&);
  void (*copy_columns)(const PanelColumns&);
  void (*span_scores)(const SpanScores&);
  void (*span_sums)(const SpanSums&);
  void (*layer_norm)(const LayerNormRows&);
  void (*rotate_rows)(const RotaryRows&);
  /// Rounds `count` floats to 256 steps between the least and the greatest: x = scale[1] + scale[0] * steps.
  void (*quantize_row)(const float* x, std::int64_t count, std::uint8_t* steps, float* scale);
  void (*scale_rows)(const ScaledRows&);
  void (*panel_product)(const PanelProduct&);
};

/// The best set this CPU runs.
const CpuKernels& cpu_kernels();

/// Every set this CPU runs, the best one first. For tests.
std::vector<const CpuKernels*> available_cpu_kernels();

}  // namespace gliner
