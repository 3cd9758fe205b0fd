#pragma once

// The kernels for CUDA cards. No header of CUDA or torch, so that the .cu files compile fast and this one
// everywhere. Every function only launches: pointers are to the card's memory unless told otherwise, `stream`
// is a cudaStream_t, the result is null or the text of CUDA's error.
#include <cstdint>

namespace gliner {
namespace cuda {

enum class Element { kFloat32, kFloat16, kBfloat16 };

/// A tile of queries of one sequence, done by one block of threads. In memory four int32.
struct QueryTile {
  std::int32_t begin;   ///< First row of the sequence in the packed batch.
  std::int32_t length;  ///< Its rows; 0: nothing to do.
  std::int32_t row;     ///< First query of the tile within the sequence.
  std::int32_t unused;
};

/// Queries of a tile: so many for tensor_core_attention with `warps` warps, the other for exact_attention.
constexpr int kTileRowsPerWarp = 16;
constexpr int kExactTileRows = 32;

/// Self-attention within each sequence of a packed batch.
struct AttentionCall {
  const void* qkv = nullptr;    ///< [T, 3 * heads * head_size], query, key and value side by side.
  std::int64_t qkv_stride = 0;  ///< Elements from row to row.
  void* out = nullptr;          ///< [T, heads * head_size]
  const QueryTile* tiles = nullptr;
  int tile_count = 0;
  int heads = 1;
  int head_size = 64;
  float scale = 1;
  int window = -1;  ///< Only |i - j| <= window attend; negative: all.
  /// Position tables; both null: none. tensor_core_attention: expanded, in groups, as indices.h and
  /// PositionTables tell, in the element type of qkv. exact_attention: [2 * span, heads * head_size] float32.
  const void* key_table = nullptr;
  const void* query_table = nullptr;
  int saturation = 0;  ///< From this |i - j| on all rows of the tables are the same.
  /// exact_attention: row of the tables for e = j - i from -saturation to saturation.
  const std::int32_t* columns = nullptr;
};

/// Sizes of heads that tensor_core_attention is compiled for.
constexpr bool has_tensor_core_attention(int head_size) { return head_size == 32 || head_size == 64; }
/// Largest head that exact_attention takes.
constexpr int kMostExactHead = 128;

/// 16-bit elements, products on tensor cores with float32 sums. `warps`: 4 or 8; tiles have 16 * warps rows.
/// Rows of qkv must be aligned to 16 bytes.
const char* tensor_core_attention(const AttentionCall& call, Element element, int warps, void* stream);

/// Any element and any head up to kMostExactHead, all arithmetic in float32. Tiles of kExactTileRows.
const char* exact_attention(const AttentionCall& call, Element element, void* stream);

/// y = LayerNorm(x + residual) row by row, sums in float32 (Ba et al. 2016).
struct AddNormCall {
  const void* x = nullptr;          ///< [N, H] of `element`
  const float* residual = nullptr;  ///< [N, H] or null
  const float* weight = nullptr;    ///< [H]
  const float* bias = nullptr;      ///< [H] or null
  float eps = 0;
  int rows = 0;
  int columns = 0;          ///< H, a multiple of 8, at most kMostNormColumns
  float* y = nullptr;       ///< [N, H]; may be `residual`. Null: not wanted.
  void* y_short = nullptr;  ///< The same in `element`, for the next product. Null: not wanted.
};
constexpr int kMostNormColumns = 2048;
const char* add_layer_norm(const AddNormCall& call, Element element, void* stream);

/// The same of rows looked up in a table: x = table[ids], without a residual. `element` is the type of
/// y_short.
struct EmbedNormCall {
  const float* table = nullptr;       ///< [V, H]
  const std::int32_t* ids = nullptr;  ///< [N], each in [0, V)
  AddNormCall norm;                   ///< Without x.
};
const char* embed_layer_norm(const EmbedNormCall& call, Element element, void* stream);

/// x = gelu(x + bias) in place, by the error function (Hendrycks and Gimpel 2016). x: [N, columns], columns a
/// multiple of 8; bias: [columns] of `element` or null.
const char* bias_gelu(void* x, const void* bias, std::int64_t rows, int columns, Element element,
                      void* stream);

}  // namespace cuda
}  // namespace gliner
