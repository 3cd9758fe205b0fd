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

/// The constant side of one layer's disentangled attention: the relative embeddings after the layer's
/// projections, made once at load.
class PositionTables {
 public:
  /// key, query: [2 * span, heads * D] float32, or undefined where the layer has no such term.
  PositionTables(std::shared_ptr<const RelativePositions> positions, const at::Tensor& key,
                 const at::Tensor& query, std::int64_t heads);

  const RelativePositions& positions() const { return *positions_; }
  /// As given. Undefined on a CPU, where only the transposed form is kept.
  const at::Tensor& key() const { return key_; }
  const at::Tensor& query() const { return query_; }

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
};

/// Multi-head self-attention within each sequence of a packed batch.
struct AttentionOptions {
  std::int64_t heads = 1;
  double scale = 1;                           ///< Factor of the scores.
  std::int64_t window = -1;                   ///< Only |i - j| <= window attend; negative: all.
  const PositionTables* positions = nullptr;  ///< Disentangled attention, without a window; null: none.
  /// Tokens of each sequence that are attended to, its first ones: those behind them are padding, which sees
  /// the tokens and is not seen. Null: all. In plain operations only, and not with position tables.
  const std::vector<std::int64_t>* visible = nullptr;
};

/// qkv: [T, 3 * H], query, key and value side by side -> [T, H]. On a CPU one task per sequence and head over
/// the intra-op threads, without a matrix of scores in memory; elsewhere the plain form. `reuse` may hold the
/// result. Thread-safe.
at::Tensor self_attention(const at::Tensor& qkv, const SequenceStart& start, const AttentionOptions& options,
                          at::Tensor reuse = {});

/// The same in plain tensor operations; oracle of the fused form. `key_table` and `query_table`: [2 * span,
/// H] or undefined, columns by `positions` (may be null without tables).
at::Tensor plain_attention(const at::Tensor& qkv, const SequenceStart& start, const AttentionOptions& options,
                           const RelativePositions* positions, const at::Tensor& key_table,
                           const at::Tensor& query_table);

}  // namespace gliner
