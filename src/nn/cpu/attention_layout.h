#pragma once

#include <cstdint>

namespace gliner {

/// The scratch space of AttentionHead, the same for every instruction set. L length, D head size; strides and
/// places in floats, all on cache lines where the scratch space is.
struct AttentionLayout {
  std::int64_t block_rows;       ///< Queries, and
  std::int64_t part_keys;        ///< keys whose scores are in memory together. Multiples of a panel.
  std::int64_t key_stride;       ///< From one panel of keys to the next.
  std::int64_t value_stride;     ///< Of the values [L, D] and of the block's output [block_rows, D].
  std::int64_t score_stride;     ///< Of the scores [block_rows, part_keys].
  std::int64_t distance_stride;  ///< Of a group of keys against the table: [kAttentionPanel, block_rows].
  std::int64_t key;              ///< Panels [D, kAttentionPanel] of keys, zeros behind the last one.
  std::int64_t value;
  std::int64_t output;
  std::int64_t scores;  ///< kAttentionPanel columns before every row and behind the last one are free.
  std::int64_t distances;
  std::int64_t far_rows;    ///< Queries of a block against the table's end [block_rows, kAttentionPanel],
  std::int64_t far_column;  ///< that end [D],
  std::int64_t far_keys;    ///< and the keys of a part against it [part_keys].
  std::int64_t floats;      ///< Of all.
};

/// At most so many queries in a block and keys in a part. A part is longer than a block by a panel or more:
/// then every query of a block sees a key of its first part.
constexpr std::int64_t kAttentionBlockRows = 128;
constexpr std::int64_t kAttentionPartKeys = 256;

AttentionLayout attention_layout(std::int64_t length, std::int64_t head_size);

}  // namespace gliner
