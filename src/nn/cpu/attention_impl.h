#pragma once

// Attention of one head over one sequence for one instruction set; see kernels_impl.h.
//
// The three terms of the scores and the product with the values are plain matrix products:
//   q.k             queries x transposed keys
//   q.position_key  queries x columns of the table. The columns of row i begin one before those of row i - 1,
//                   so kLanes rows need kLanes - 1 columns more than there are keys; each row of the product
//                   is stored one column further than the row before, which brings key j to column j.
//   position_query.k  the same with the keys' rows, turned round when it is added.
// Rows and keys are taken in groups that begin on multiples of kLanes, so that what a group needs of a table
// begins with a vector of it.
// Keys that are so far from all queries of a block that their distances share one entry of the tables need no
// products with distances: what each query and each key makes of that entry is added to their scores.
// The scores of a block of queries and a part of the keys are in memory together, in the second cache. From
// part to part the softmax is carried on (Milakov and Gimelshein 2018, "Online normalizer calculation for
// softmax").
#include "nn/cpu/attention_layout.h"
#include "nn/cpu/kernels.h"
#include "nn/cpu/product_impl.h"
#include "nn/cpu/vec_impl.h"

namespace gliner {
namespace GLINER_KERNEL_SET {
namespace {

static_assert(kPanel % kLanes == 0 && kLanes % kTileRows == 0);

// Below any score; not -inf, whose difference with itself is no number.
constexpr float kNone = -3.0e38F;
constexpr int kSoftmaxRows = 4;  // Rows that the softmax takes together: each has long chains of its own.

// Queries [row, row + rows) and keys [first_key, first_key + keys).
struct Block {
  std::int64_t row;
  std::int64_t rows;
  std::int64_t first_key;  // A multiple of kPanel; may be one that no query sees.
  std::int64_t keys;
};

// Of each query of a block, over the parts so far.
struct Softmax {
  float top[kAttentionBlockRows];    // The largest score.
  float total[kAttentionBlockRows];  // The sum of e^(score - top).
};

// [L, D] -> panels [D, kPanel].
GLINER_INLINE void pack_keys(const AttentionHead& h, const AttentionLayout& s) {
  for (std::int64_t j = 0; j < h.length; j += kLanes)
    for (std::int64_t d = 0; d < h.head_size; d += kLanes) {
      const float* from = h.key + j * h.key_stride + d;
      Vec row[kLanes];
#pragma GCC unroll 16
      for (int r = 0; r < kLanes; ++r)
        row[r] = j + r < h.length ? load_first(from + r * h.key_stride, h.head_size - d) : Vec{};
      transpose(row);
      float* to = h.scratch + s.key + j / kPanel * s.key_stride + d * kPanel + j % kPanel;
#pragma GCC unroll 16
      for (int r = 0; r < kLanes; ++r) store(to + r * kPanel, row[r]);
    }
}

// Side by side: in place their rows would fall into few sets of the first cache.
GLINER_INLINE void copy_values(const AttentionHead& h, const AttentionLayout& s) {
  for (std::int64_t j = 0; j < h.length; ++j)
    for (std::int64_t d = 0; d < h.head_size; d += kLanes)
      store(h.scratch + s.value + j * s.value_stride + d,
            load_first(h.value + j * h.key_stride + d, h.head_size - d));
}

// The table's columns from `distance` on, falling; distance + 1 is a multiple of kLanes.
GLINER_INLINE void set_table(const AttentionHead& h, const float* table, std::int64_t distance, Product& p) {
  const std::int64_t last = distance & (kPanel - 1);
  p.panel_stride = h.head_size * kPanel;
  p.right = table - (distance - last) / kPanel * p.panel_stride;
  p.right_stride = kPanel;
  p.first_column = kPanel - 1 - last;
}

// scores = q.position_key
GLINER_INLINE void score_queries_by_distance(const AttentionHead& h, const AttentionLayout& s,
                                             const Block& b) {
  for (std::int64_t first = 0; first < b.rows; first += kLanes) {
    const std::int64_t row = b.row + first;
    Product p;
    p.left = h.query + row * h.stride;
    p.left_stride = h.stride;
    p.rows = at_most(kLanes, b.rows - first);
    p.depth = h.head_size;
    // For row r of the group column c of the product is key first_key + c - (kLanes - 1) + r.
    set_table(h, h.position_key, row + kLanes - 1 - b.first_key, p);
    p.columns = round_up(b.keys + kLanes - 1, kLanes);
    p.out = h.scratch + s.scores + first * s.score_stride - (kLanes - 1);
    p.out_stride = s.score_stride + 1;
    multiply<false>(p);
  }
}

// scores (+)= q.k
template <bool kAdd>
GLINER_INLINE void score_queries_by_key(const AttentionHead& h, const AttentionLayout& s, const Block& b) {
  Product p;
  p.left = h.query + (b.row - h.first_query) * h.stride;
  p.left_stride = h.stride;
  p.rows = b.rows;
  p.depth = h.head_size;
  p.right = h.scratch + s.key + b.first_key / kPanel * s.key_stride;
  p.right_stride = kPanel;
  p.panel_stride = s.key_stride;
  p.first_column = 0;
  p.columns = round_up(b.keys, kLanes);
  p.out = h.scratch + s.scores;
  p.out_stride = s.score_stride;
  multiply<kAdd>(p);
}

// Adds distances [kLanes keys, rows in falling order] to the scores of those keys.
GLINER_INLINE void add_turned(const AttentionLayout& s, const float* distances, std::int64_t rows,
                              float* scores) {
  for (std::int64_t first = 0; first < rows; first += kLanes) {
    Vec block[kLanes];
#pragma GCC unroll 16
    for (int r = 0; r < kLanes; ++r) block[r] = load(distances + r * s.distance_stride + first);
    transpose(block);
    float* to = scores + (rows - 1 - first) * s.score_stride;
#pragma GCC unroll 16
    for (int r = 0; r < kLanes; ++r, to -= s.score_stride) store(to, load(to) + block[r]);
  }
}

// scores += position_query.k
GLINER_INLINE void score_keys_by_distance(const AttentionHead& h, const AttentionLayout& s, const Block& b) {
  const std::int64_t rows = round_up(b.rows, kLanes);
  for (std::int64_t first = 0; first < b.keys; first += kLanes) {
    const std::int64_t key = b.first_key + first;
    Product p;
    p.left = h.key + key * h.key_stride;
    p.left_stride = h.key_stride;
    p.rows = at_most(kLanes, b.keys - first);
    p.depth = h.head_size;
    // For key r of the group column c of the product is query b.row + rows - 1 - c + r.
    set_table(h, h.position_query, b.row + rows - 1 - key, p);
    p.columns = round_up(rows + p.rows - 1, kLanes);
    p.out = h.scratch + s.distances;
    p.out_stride = s.distance_stride - 1;
    multiply<false>(p);
    add_turned(s, p.out, rows, h.scratch + s.scores + first);
  }
}

// How the keys of a part lie to the queries of a block.
enum class Distances { kUnused, kNear, kFarBefore, kFarBehind };

// scores = q.position_key + q.k + position_query.k with the tables' entry for far keys, before the queries or
// behind them. To the last bit what the loops over distances give: the same sums in the same order.
GLINER_INLINE void score_far(const AttentionHead& h, const AttentionLayout& s, const Block& b, bool before) {
  float* const scores = h.scratch + s.scores;
  const std::int64_t columns = round_up(b.keys, kLanes);
  // A panel of distances that all have that entry.
  const std::int64_t far = round_up(h.far, kPanel);
  const std::int64_t distance = before ? far + kPanel - 1 : -far - 1;
  Product p;
  p.left = h.query + b.row * h.stride;
  p.left_stride = h.stride;
  p.rows = b.rows;
  p.depth = h.head_size;
  set_table(h, h.position_key, distance, p);
  p.columns = kLanes;
  p.out = h.scratch + s.far_rows;
  p.out_stride = kPanel;
  multiply<false>(p);
  for (std::int64_t r = 0; r < b.rows; ++r) {
    const Vec of_row = splat(p.out[r * kPanel]);
    for (std::int64_t c = 0; c < columns; c += kLanes) store(scores + r * s.score_stride + c, of_row);
  }
  score_queries_by_key<true>(h, s, b);

  set_table(h, h.position_query, distance, p);
  float* const column = h.scratch + s.far_column;
  for (std::int64_t d = 0; d < h.head_size; ++d) column[d] = p.right[d * kPanel + p.first_column];
  p.left = column;
  p.rows = 1;
  p.right = h.scratch + s.key + b.first_key / kPanel * s.key_stride;
  p.panel_stride = s.key_stride;
  p.first_column = 0;
  p.columns = columns;
  p.out = h.scratch + s.far_keys;
  p.out_stride = 0;  // The rows of a tile repeat the only one.
  multiply<false>(p);
  for (std::int64_t r = 0; r < b.rows; ++r)
    for (std::int64_t c = 0; c < columns; c += kLanes) {
      float* const at = scores + r * s.score_stride + c;
      store(at, load(at) + load(p.out + c));
    }
}

// So far before and behind a query are the keys that it sees.
struct Window {
  std::int64_t before;
  std::int64_t behind;
};

// Hides the keys outside the window from the scores of part `b`.
GLINER_INLINE void hide_keys(const AttentionHead& h, const AttentionLayout& s, const Block& b,
                             const Window& window) {
  const Vec none = splat(kNone);
  for (std::int64_t r = 0; r < b.rows; ++r) {
    float* scores = h.scratch + s.scores + r * s.score_stride;
    const std::int64_t begin = at_most(b.row + r - window.before - b.first_key, b.keys);
    const std::int64_t end = at_least(0, at_most(b.row + r + window.behind + 1 - b.first_key, b.keys));
    for (std::int64_t c = begin - kLanes; c > -kLanes; c -= kLanes) store(scores + c, none);
    for (std::int64_t c = end; c < b.keys; c += kLanes) store(scores + c, none);
    store(scores + b.keys, none);
  }
}

// Scores of kSoftmaxRows rows to e^(scale * score - top), without the softmax's division; those of hidden
// keys to 0. Where this is not the first part, what the output has so far is brought to the new largest
// score.
template <bool kFirst>
GLINER_INLINE void exponentials(float* scores, std::int64_t stride, std::int64_t keys, float scale,
                                float* top, float* total, float* output, std::int64_t head_size,
                                std::int64_t output_stride) {
  Vec v[kSoftmaxRows];
  for (int r = 0; r < kSoftmaxRows; ++r) v[r] = splat(kNone);
  for (std::int64_t c = 0; c < keys; c += kLanes)
    for (int r = 0; r < kSoftmaxRows; ++r) {
      float* const at = scores + r * stride + c;
      const Vec scaled = load(at) * scale;  // Stored, so that it is rounded as in the reference.
      store(at, scaled);
      v[r] = larger(v[r], scaled);
    }
  for (int r = 0; r < kSoftmaxRows; ++r) {
    const float here = largest_of(v[r]);
    if constexpr (!kFirst) {
      const float largest = top[r] > here ? top[r] : here;
      const Vec factor = exp_of_negative(splat(top[r] - largest));
      total[r] *= factor[0];
      for (std::int64_t d = 0; d < head_size; d += kLanes) {
        float* out = output + r * output_stride + d;
        store(out, load(out) * factor);
      }
      top[r] = largest;
    } else {
      top[r] = here;
      total[r] = 0;
    }
  }
  for (int r = 0; r < kSoftmaxRows; ++r) v[r] = Vec{};
  for (std::int64_t c = 0; c < keys; c += kLanes)
    for (int r = 0; r < kSoftmaxRows; ++r) {
      const Vec e = exp_of_negative(load(scores + r * stride + c) - top[r]);
      store(scores + r * stride + c, e);
      v[r] += e;
    }
  for (int r = 0; r < kSoftmaxRows; ++r) total[r] += sum_of(v[r]);
}

// output (+)= the sum over the keys of e^(score - top) times value.
template <bool kFirst>
GLINER_INLINE void weigh_values(const AttentionHead& h, const AttentionLayout& s, const Block& b,
                                Softmax& softmax) {
  float* scores = h.scratch + s.scores;
  float* output = h.scratch + s.output;
  // Also of rows behind the last one: there is room for them, and nobody reads what comes out.
  for (std::int64_t r = 0; r < b.rows; r += kSoftmaxRows)
    exponentials<kFirst>(scores + r * s.score_stride, s.score_stride, b.keys, h.scale, softmax.top + r,
                         softmax.total + r, output + r * s.value_stride, h.head_size, s.value_stride);
  Product p;
  p.left = scores;
  p.left_stride = s.score_stride;
  p.rows = b.rows;
  p.depth = b.keys;
  p.right = h.scratch + s.value + b.first_key * s.value_stride;
  p.right_stride = s.value_stride;
  p.panel_stride = kPanel;
  p.first_column = 0;
  p.columns = round_up(h.head_size, kLanes);
  p.out = output;
  p.out_stride = s.value_stride;
  multiply<!kFirst>(p);
}

// Adds a part of the keys to the block's output.
GLINER_INLINE void attend(const AttentionHead& h, const AttentionLayout& s, const Block& b,
                          Distances distances, const Window& window, bool first, Softmax& softmax) {
  switch (distances) {
    case Distances::kUnused:
      score_queries_by_key<false>(h, s, b);
      break;
    case Distances::kNear:
      score_queries_by_distance(h, s, b);
      score_queries_by_key<true>(h, s, b);
      score_keys_by_distance(h, s, b);
      break;
    case Distances::kFarBefore:
    case Distances::kFarBehind:
      score_far(h, s, b, distances == Distances::kFarBefore);
      break;
  }
  hide_keys(h, s, b, window);
  if (first)
    weigh_values<true>(h, s, b, softmax);
  else
    weigh_values<false>(h, s, b, softmax);
}

// Adds the keys [begin, end), a part at a time.
GLINER_INLINE void attend_range(const AttentionHead& h, const AttentionLayout& s, Block b, std::int64_t begin,
                                std::int64_t end, Distances distances, const Window& window, bool first,
                                Softmax& softmax) {
  for (b.first_key = begin; b.first_key < end; b.first_key += b.keys, first = false) {
    b.keys = at_most(s.part_keys, end - b.first_key);
    attend(h, s, b, distances, window, first, softmax);
  }
}

GLINER_INLINE void write_output(const AttentionHead& h, const AttentionLayout& s, const Block& b,
                                const Softmax& softmax) {
  for (std::int64_t r = 0; r < b.rows; ++r) {
    const float* from = h.scratch + s.output + r * s.value_stride;
    float* to = h.out + (b.row - h.first_query + r) * h.out_stride;
    const float factor = 1.0F / softmax.total[r];
    for (std::int64_t d = 0; d < h.head_size; d += kLanes)
      store_first(to + d, h.head_size - d, load(from + d) * factor);
  }
}

void attention_head(const AttentionHead& h) {
  const AttentionLayout s = attention_layout(h.length, h.head_size);
  pack_keys(h, s);
  copy_values(h, s);
  const bool all = h.window < 0 || h.window >= h.length;
  const std::int64_t reach = all ? h.length : h.window;
  const Window window{reach, h.causal ? 0 : reach};
  // A narrow window wants a narrow block: every query of a block meets all the keys that one of them sees.
  const std::int64_t block_rows = all ? s.block_rows : at_most(s.block_rows, round_up(reach / 4 + 1, kPanel));
  Softmax softmax;
  for (std::int64_t row = h.first_query; row < h.length; row += block_rows) {
    Block b{};
    b.row = row;
    b.rows = at_most(block_rows, h.length - row);
    const std::int64_t begin = at_least(0, row - window.before) / kPanel * kPanel;
    const std::int64_t end = at_most(h.length, row + b.rows + window.behind);
    if (h.far == 0) {
      const Distances distances = h.position_key ? Distances::kNear : Distances::kUnused;
      attend_range(h, s, b, begin, end, distances, window, true, softmax);
    } else {
      const std::int64_t near = at_least(0, row - h.far + 1) / kPanel * kPanel;
      const std::int64_t behind = at_most(h.length, round_up(row + b.rows - 1 + h.far, kPanel));
      attend_range(h, s, b, 0, near, Distances::kFarBefore, window, true, softmax);
      attend_range(h, s, b, near, behind, Distances::kNear, window, near == 0, softmax);
      attend_range(h, s, b, behind, h.length, Distances::kFarBehind, window, false, softmax);
    }
    write_output(h, s, b, softmax);
  }
}

}  // namespace
}  // namespace GLINER_KERNEL_SET
}  // namespace gliner
