#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "nn/aligned_buffer.h"

namespace gliner {

/// Where the sequences of a packed batch lie: sequence b is the rows [start[b], start[b + 1]) of a [T, ...]
/// matrix.
using SequenceStart = std::vector<std::int64_t>;

/// Column of DeBERTa's relative position tables for a distance d = i - j of query and key: small distances
/// one by one, larger ones in logarithmic buckets, 0 <= column < 2 * span.
class RelativePositions {
 public:
  /// `buckets` <= 0: no buckets, distances are cut at +-max_positions
  /// (transformers, make_log_bucket_position and DisentangledSelfAttention).
  RelativePositions(std::int64_t buckets, std::int64_t max_positions);

  /// Half the number of columns.
  std::int64_t span() const { return span_; }
  /// Distances up to this one are their own bucket.
  std::int64_t linear() const { return linear_; }
  std::int64_t column(std::int64_t distance) const;
  /// From this distance on the column is always that of this distance, and likewise for the negative ones;
  /// 0: there is none.
  std::int64_t far() const { return far_; }

 private:
  std::int64_t least_far() const;

  std::int64_t buckets_, max_positions_, span_, linear_, far_;
};

/// What the kernels for cards want of position tables (nn/cuda/indices.h), in the card's memory.
struct CardTables {
  std::int64_t saturation = 0;  ///< RelativePositions::far(); 0: none, or too far for the kernels.
  at::Tensor columns;           ///< [2 * saturation + 1] int32, of the distances falling.
  /// A row for each distance, falling, in groups of 8 and in the order of the lanes that read them:
  /// [heads, groups, D / 32, 8, 4, 2, 2, 2], dimension d = 32 a + 16 b + 8 c + 2 t + e of row g at
  /// [a, g, t, b, c, e]. Undefined in float32 and where a head's size is not for them.
  at::Tensor key_groups, query_groups;
};

/// The constant side of one layer's disentangled attention: the relative embeddings after the layer's
/// projections, made once at load.
class PositionTables {
 public:
  /// key, query: [2 * span, heads * D] float32, or undefined where the layer has no such term. `element`: of
  /// the activations that will meet them on a card.
  PositionTables(std::shared_ptr<const RelativePositions> positions, const at::Tensor& key,
                 const at::Tensor& query, std::int64_t heads,
                 c10::ScalarType element = c10::ScalarType::Float);

  const RelativePositions& positions() const { return *positions_; }
  /// As given. Undefined on a CPU, where only the transposed form is kept.
  const at::Tensor& key() const { return key_; }
  const at::Tensor& query() const { return query_; }
  /// Empty on a CPU and in a build without kernels for cards.
  const CardTables& card() const { return card_; }

  /// Stored columns of the distances S - 1 down to -S, where S is `length`, or as far as the kernel reads
  /// (AttentionHead::far) if that is less, rounded up to whole panels. Empty while
  /// every distance of such a sequence has its own bucket: then the stored tables serve as they are.
  std::vector<std::int32_t> columns(std::int64_t length) const;

  /// One head's tables for a sequence of `length`, as AttentionHead wants them: the stored ones, or a copy in
  /// `buffer` with the `columns` of a sequence that is as long or longer. Null where there are none.
  struct View {
    const float* key = nullptr;
    const float* query = nullptr;
  };
  View view(std::int64_t head, std::int64_t length, const std::vector<std::int32_t>& columns,
            AlignedBuffer& buffer) const;

 private:
  std::int64_t table_reach(std::int64_t length) const;

  std::shared_ptr<const RelativePositions> positions_;
  std::int64_t heads_;
  at::Tensor key_, query_;                // [2 * span, H]
  at::Tensor key_panels_, query_panels_;  // [heads, panels, D, kAttentionPanel], distances falling
  CardTables card_;
};

/// The tiles of queries that the kernels for cards take, in the card's memory: int32 [N, 4],
/// nn/cuda/kernels.h QueryTile. Tiles of length 0 are skipped, so that one tensor can serve batches of
/// several shapes.
struct AttentionTiles {
  std::int64_t rows = 0;  ///< Queries of a tile.
  at::Tensor tiles;
  // What flash attention takes in their place. Undefined: it is not to be used.
  at::Tensor begins;         ///< SequenceStart, int32 [B + 1].
  std::int64_t longest = 0;  ///< No sequence is longer.

  bool is_empty() const { return !tiles.defined() && !begins.defined(); }
};

/// The sequences of a packed batch, long ones first, so that the short ones fill the gaps at the end of a
/// run; equal lengths keep their order.
std::vector<std::size_t> longest_first(const SequenceStart& start);

/// Place of each row in its sequence, from 0 on: [T].
std::vector<std::int32_t> places_in_sequences(const SequenceStart& start);

/// Queries of a tile for heads of this size with activations of `element`.
std::int64_t attention_tile_rows(std::int64_t head_size, c10::ScalarType element);
/// The tiles themselves, four numbers each, those of long sequences first.
std::vector<std::int32_t> attention_tiles(const SequenceStart& start, std::int64_t rows);

/// Multi-head self-attention within each sequence of a packed batch.
struct AttentionOptions {
  std::int64_t heads = 1;
  double scale = 1;                           ///< Factor of the scores.
  std::int64_t window = -1;                   ///< Only |i - j| <= window attend; negative: all.
  const PositionTables* positions = nullptr;  ///< Disentangled attention, without a window; null: none.
  /// Tokens of each sequence that are attended to, its first ones: those behind them are padding, which sees
  /// the tokens and is not seen. Null: all. In plain operations only, and not with position tables.
  const std::vector<std::int64_t>* visible = nullptr;
  /// On a card: the batch's tiles, so that the layers share them, and so that a captured graph takes them
  /// from memory that is written before each replay; `start` may then be empty. Null: made from `start`.
  const AttentionTiles* tiles = nullptr;
};

/// qkv: [T, 3 * H], query, key and value side by side -> [T, H]. On a CPU one task per sequence and head over
/// the intra-op threads, without a matrix of scores in memory; elsewhere the plain form. `reuse` may hold the
/// result. On a card by its kernels, where this build has them; the result has qkv's element type.
/// Thread-safe.
at::Tensor self_attention(const at::Tensor& qkv, const SequenceStart& start, const AttentionOptions& options,
                          at::Tensor reuse = {});

/// The same in plain tensor operations; oracle of the fused form. `key_table` and `query_table`: [2 * span,
/// H] or undefined, columns by `positions` (may be null without tables).
at::Tensor plain_attention(const at::Tensor& qkv, const SequenceStart& start, const AttentionOptions& options,
                           const RelativePositions* positions, const at::Tensor& key_table,
                           const at::Tensor& query_table);

}  // namespace gliner
