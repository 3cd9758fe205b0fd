#pragma once

// What one warp does in the attention kernel on tensor cores: 16 queries of one head of one sequence against
// blocks of keys in shared memory.
//
//   score(i, j) = scale * (q_i . k_j + q_i . key_table[e] + k_j . query_table[e]),  e = j - i
// (DeBERTa, He et al. 2021, eq. 4; transformers, DisentangledSelfAttention), softmax and the product with the
// values carried on from block to block (Milakov and Gimelshein 2018; Dao 2023, "FlashAttention-2").
//
// For each 8 keys the warp multiplies
//   the queries with the keys                               one instruction for each 16 dimensions
//   the queries with the one group of the key table that comes new; two are carried on
//                                                           one
//   the three groups of the query table that meet them, with the keys   two
// and brings the last two to their places by shuffles within rows and within columns (RowSkew, ColumnSkew):
// no position score goes through memory. Where all of a block's positions share one row p of the tables
// (Reach), score = (q + p_query) . k + q . p_key: no more than plain attention.
//
// Written for `W`, the lanes of a warp: on the card a register for each (cuda_warp.cuh), in the tests an
// array of 32, so that all of this is tested where no card is. W gives
//   Float, Pair (two 16-bit elements), Int, Bool; select, shuffle, shuffle_xor, maximum, exp2,
//   less, reciprocal,
//   multiply_subtract, mma(sum[4], a[4], b[2]), pack(low, high), add_pairs, read_matrices, read_transposed,
//   map and test (a function of the lane), Memory (shared), Groups (of a table), Queries.
#include "nn/cuda/indices.h"

namespace gliner {
namespace cuda {

template <class W, int kSize, bool kPositions>
class AttentionWarp {
 public:
  using Float = typename W::Float;
  using Pair = typename W::Pair;
  using Int = typename W::Int;
  using Bool = typename W::Bool;
  static constexpr int kSteps = kSize / 16;  // Instructions along the head's dimensions.

  struct Sequence {
    int length;      // Keys
    int row;         // First query of the warp; a multiple of 16.
    int window;      // Negative: all keys.
    float scale;     // Of the scores, times log2(e): exponentials are of 2.
    int saturation;  // Of the tables.
    int per_side;    // groups_per_side(saturation)
  };

  GLINER_HOST_DEVICE AttentionWarp(const Sequence& sequence, const typename W::Queries& queries,
                                   const typename W::Groups& key_groups,
                                   const typename W::Groups& query_groups)
      : s_(sequence), queries_(queries), key_groups_(key_groups), query_groups_(query_groups) {
    GLINER_UNROLL
    for (int h = 0; h < 2; ++h) {
      top_[h] = W::splat(kHidden);
      total_[h] = W::splat(0.0F);
    }
    GLINER_UNROLL
    for (int n = 0; n < kSize / 8; ++n) clear(out_[n]);
    if (!kPositions) W::load_queries(queries_, query_);
  }

  /// Keys [first_key, first_key + kKeyBlock); those from the sequence's length on are zero in memory.
  GLINER_HOST_DEVICE void attend(const typename W::Memory& keys, const typename W::Memory& values,
                                 int first_key) {
    Float scores[kKeyTiles][4];
    if (kPositions) {
      const Reach reach = reach_of(s_.row, kWarpRows, first_key, kKeyBlock, s_.saturation);
      if (first_key != next_key_ || reach != reach_) begin(reach, first_key);
      next_key_ = first_key + kKeyBlock;
    }
    if (kPositions && reach_ == Reach::kNear)
      score_near(keys, first_key, scores);
    else
      score_far(keys, scores);
    hide(first_key, scores);
    soften(scores);
    weigh(values, scores);
  }

  /// Divides by the sums. Afterwards out(n)[c] are the results of the dimensions 8 n to 8 n + 7.
  GLINER_HOST_DEVICE void finish() {
    GLINER_UNROLL
    for (int h = 0; h < 2; ++h) {
      Float total = total_[h];
      total = total + W::shuffle_xor(total, 1);
      total = total + W::shuffle_xor(total, 2);
      const Float factor = W::reciprocal(total);
      GLINER_UNROLL
      for (int n = 0; n < kSize / 8; ++n) {
        out_[n][2 * h] = out_[n][2 * h] * factor;
        out_[n][2 * h + 1] = out_[n][2 * h + 1] * factor;
      }
    }
  }
  GLINER_HOST_DEVICE const Float (&out(int n) const)[4] { return out_[n]; }

 private:
  static constexpr float kHidden = -1.0e30F;  // Below any score, and its difference with itself is a number.

  GLINER_HOST_DEVICE static void clear(Float (&sum)[4]) {
    GLINER_UNROLL
    for (int c = 0; c < 4; ++c) sum[c] = W::splat(0.0F);
  }

  GLINER_HOST_DEVICE void multiply_queries(const Pair (&group)[kSteps][2], Float (&sum)[4]) const {
    GLINER_UNROLL
    for (int k = 0; k < kSteps; ++k) W::mma(sum, query_[k], group[k]);
  }

  // What the following blocks share.
  GLINER_HOST_DEVICE void begin(Reach reach, int first_key) {
    reach_ = reach;
    W::load_queries(queries_, query_);
    Pair group[kSteps][2];
    if (reach == Reach::kNear) {
      const int m = (first_key - s_.row) / kGroupRows;
      GLINER_UNROLL
      for (int back = 2; back > 0; --back) {
        W::load_group(key_groups_, stored_group(m - back, s_.per_side), group);
        clear(by_position_[2 - back]);
        multiply_queries(group, by_position_[2 - back]);
        W::load_group(query_groups_, stored_group(m - back, s_.per_side), query_group_[2 - back]);
      }
      return;
    }
    const int end = reach == Reach::kBefore ? 0 : 2 * s_.per_side - 1;
    Float sum[4];
    clear(sum);
    W::load_group(key_groups_, end, group);
    multiply_queries(group, sum);
    far_[0] = sum[0];  // Every column is the same.
    far_[1] = sum[2];
    W::load_group(query_groups_, end, group);
    GLINER_UNROLL
    for (int k = 0; k < kSteps; ++k) {
      GLINER_UNROLL
      for (int a = 0; a < 4; ++a) query_[k][a] = W::add_pairs(query_[k][a], group[k][a >> 1]);
    }
  }

  // One register of each of these is 8 keys by 16 dimensions of a tile.
  GLINER_HOST_DEVICE static void load_keys(const typename W::Memory& keys, int n, Pair (&key)[kSteps][2]) {
    const Int lane = W::lane();
    GLINER_UNROLL
    for (int k = 0; k < kSteps; k += 2) {
      Pair four[4];
      W::read_matrices(keys, W::map(lane, [=](int l) { return key_byte(l, n, k); }), four);
      key[k][0] = four[0];
      key[k][1] = four[1];
      key[k + 1][0] = four[2];
      key[k + 1][1] = four[3];
    }
  }
  GLINER_HOST_DEVICE static int key_byte(int lane, int n, int k) {
    return tile_byte<kSize>(8 * n + (lane & 7), 2 * k + (lane >> 3));
  }
  GLINER_HOST_DEVICE static int value_byte(int lane, int k, int n) {
    return tile_byte<kSize>(16 * k + (lane & 15), n + (lane >> 4));
  }

  GLINER_HOST_DEVICE void score_far(const typename W::Memory& keys, Float (&scores)[kKeyTiles][4]) const {
    GLINER_UNROLL
    for (int n = 0; n < kKeyTiles; ++n) {
      Pair key[kSteps][2];
      load_keys(keys, n, key);
      GLINER_UNROLL
      for (int c = 0; c < 4; ++c) scores[n][c] = kPositions ? far_[c >> 1] : W::splat(0.0F);
      multiply_queries(key, scores[n]);
    }
  }

  GLINER_HOST_DEVICE void score_near(const typename W::Memory& keys, int first_key,
                                     Float (&scores)[kKeyTiles][4]) {
    const int first_group = (first_key - s_.row) / kGroupRows;
    GLINER_UNROLL
    for (int n = 0; n < kKeyTiles; ++n) {
      const int stored = stored_group(first_group + n, s_.per_side);
      Pair group[kSteps][2], key[kSteps][2];
      W::load_group(key_groups_, stored, group);
      Float newest[4];  // Queries by group m.
      clear(newest);
      multiply_queries(group, newest);
      W::load_group(query_groups_, stored, group);
      load_keys(keys, n, key);
      clear(scores[n]);
      multiply_queries(key, scores[n]);
      add_by_query(by_position_[0], by_position_[1], newest, scores[n]);

      Float high[4], low[4];  // Groups m - 1 and m by keys; group m - 2 in the first half of the other.
      clear(high);
      clear(low);
      GLINER_UNROLL
      for (int k = 0; k < kSteps; ++k) {
        const Pair two[4] = {query_group_[1][k][0], group[k][0], query_group_[1][k][1], group[k][1]};
        W::mma(high, two, key[k]);
        const Pair one[4] = {query_group_[0][k][0], W::zero_pair(), query_group_[0][k][1], W::zero_pair()};
        W::mma(low, one, key[k]);
      }
      add_by_key(low, high, scores[n]);

      GLINER_UNROLL
      for (int c = 0; c < 4; ++c) {
        by_position_[0][c] = by_position_[1][c];
        by_position_[1][c] = newest[c];
      }
      GLINER_UNROLL
      for (int k = 0; k < kSteps; ++k) {
        GLINER_UNROLL
        for (int r = 0; r < 2; ++r) {
          query_group_[0][k][r] = query_group_[1][k][r];
          query_group_[1][k][r] = group[k][r];
        }
      }
    }
  }

  // Groups m - 2, m - 1 and m, by queries.
  GLINER_HOST_DEVICE static void add_by_query(const Float (&first)[4], const Float (&second)[4],
                                              const Float (&third)[4], Float (&scores)[4]) {
    const Int lane = W::lane();
    const Int even_source = W::map(lane, [](int l) { return row_skew(l).even_source; });
    const Int odd_source = W::map(lane, [](int l) { return row_skew(l).odd_source; });
    const Bool even_next = W::test(lane, [](int l) { return row_skew(l).even_next; });
    const Bool odd_next = W::test(lane, [](int l) { return row_skew(l).odd_next; });
    const Bool swapped = W::test(lane, [](int l) { return row_skew(l).swapped; });
    GLINER_UNROLL
    for (int h = 0; h < 2; ++h) {
      const Float(&from)[4] = h == 0 ? second : first;
      const Float(&next)[4] = h == 0 ? third : second;
      const Float even = W::shuffle(W::select(even_next, next[2 * h], from[2 * h]), even_source);
      const Float odd = W::shuffle(W::select(odd_next, next[2 * h + 1], from[2 * h + 1]), odd_source);
      scores[2 * h] = scores[2 * h] + W::select(swapped, odd, even);
      scores[2 * h + 1] = scores[2 * h + 1] + W::select(swapped, even, odd);
    }
  }

  // low: group m - 2 in elements 0 and 1; high: group m - 1 there and m in elements 2 and 3.
  GLINER_HOST_DEVICE static void add_by_key(const Float (&low)[4], const Float (&high)[4],
                                            Float (&scores)[4]) {
    const Int lane = W::lane();
    GLINER_UNROLL
    for (int c = 0; c < 2; ++c) {
      const Int source = W::map(lane, [=](int l) { return column_skew(l).source[c]; });
      const Bool higher = W::test(lane, [=](int l) { return column_skew(l).higher[c]; });
      scores[c] = scores[c] + W::shuffle(W::select(higher, high[2 + c], high[c]), source);
      scores[2 + c] = scores[2 + c] + W::shuffle(W::select(higher, high[c], low[c]), source);
    }
  }

  GLINER_HOST_DEVICE void hide(int first_key, Float (&scores)[kKeyTiles][4]) const {
    // Uniform in the warp, and false for most blocks.
    const int last_row = s_.row + kWarpRows - 1;
    const int last_key = first_key + kKeyBlock - 1;
    const bool inside =
        s_.window < 0 || (last_key - s_.row <= s_.window && last_row - first_key <= s_.window);
    if (inside && last_key < s_.length) return;
    const Int lane = W::lane();
    GLINER_UNROLL
    for (int n = 0; n < kKeyTiles; ++n) {
      GLINER_UNROLL
      for (int c = 0; c < 4; ++c) {
        const Sequence& s = s_;
        const Bool hidden = W::test(lane, [=](int l) {
          const int key = first_key + 8 * n + 2 * (l & 3) + (c & 1);
          const int row = s.row + (l >> 2) + 8 * (c >> 1);
          const int away = key < row ? row - key : key - row;
          return key >= s.length || (s.window >= 0 && away > s.window);
        });
        scores[n][c] = W::select(hidden, W::splat(kHidden), scores[n][c]);
      }
    }
  }

  // Scores to 2^(scale * score - top), and what there is so far to the new largest score.
  GLINER_HOST_DEVICE void soften(Float (&scores)[kKeyTiles][4]) {
    GLINER_UNROLL
    for (int h = 0; h < 2; ++h) {
      Float largest = top_[h];
      GLINER_UNROLL
      for (int n = 0; n < kKeyTiles; ++n)
        largest = W::maximum(largest, W::maximum(scores[n][2 * h], scores[n][2 * h + 1]));
      largest = W::maximum(largest, W::shuffle_xor(largest, 1));
      largest = W::maximum(largest, W::shuffle_xor(largest, 2));
      const Float scale = W::splat(s_.scale);
      const Float factor = W::exp2((top_[h] - largest) * scale);
      top_[h] = largest;
      // While every key so far is hidden: weights of 0, rather than 2^0 each.
      const Bool none = W::less(largest, W::splat(0.5F * kHidden));
      const Float shift = W::select(none, W::splat(0.0F), largest * scale);
      Float sum = W::splat(0.0F);
      GLINER_UNROLL
      for (int n = 0; n < kKeyTiles; ++n) {
        GLINER_UNROLL
        for (int c = 2 * h; c < 2 * h + 2; ++c) {
          scores[n][c] = W::exp2(W::multiply_subtract(scores[n][c], scale, shift));
          sum = sum + scores[n][c];
        }
      }
      total_[h] = total_[h] * factor + sum;
      GLINER_UNROLL
      for (int n = 0; n < kSize / 8; ++n) {
        out_[n][2 * h] = out_[n][2 * h] * factor;
        out_[n][2 * h + 1] = out_[n][2 * h + 1] * factor;
      }
    }
  }

  // out += weights . values
  GLINER_HOST_DEVICE void weigh(const typename W::Memory& values, const Float (&weights)[kKeyTiles][4]) {
    const Int lane = W::lane();
    GLINER_UNROLL
    for (int k = 0; k < kKeyBlock / 16; ++k) {
      // The result's layout of two tiles is the left factor's of one step.
      const Float(&left)[4] = weights[2 * k];
      const Float(&right)[4] = weights[2 * k + 1];
      const Pair a[4] = {W::pack(left[0], left[1]), W::pack(left[2], left[3]), W::pack(right[0], right[1]),
                         W::pack(right[2], right[3])};
      GLINER_UNROLL
      for (int n = 0; n < kSize / 8; n += 2) {
        Pair four[4];
        W::read_transposed(values, W::map(lane, [=](int l) { return value_byte(l, k, n); }), four);
        const Pair even[2] = {four[0], four[1]};
        const Pair odd[2] = {four[2], four[3]};
        W::mma(out_[n], a, even);
        W::mma(out_[n + 1], a, odd);
      }
    }
  }

  const Sequence s_;
  const typename W::Queries queries_;
  const typename W::Groups key_groups_, query_groups_;
  Reach reach_ = Reach::kNear;
  int next_key_ = -1;  // First key of the block that would follow the last one.

  Pair query_[kSteps][4];           // With the far row of the query table added, where reach_ is not kNear.
  Float far_[2];                    // Far row of the key table by the queries.
  Float by_position_[2][4];         // Groups m - 2 and m - 1 of the key table by the queries.
  Pair query_group_[2][kSteps][2];  // The same groups of the query table.
  Float top_[2], total_[2];         // Of the rows g and g + 8; the sums of this lane's columns only.
  Float out_[kSize / 8][4];
};

}  // namespace cuda
}  // namespace gliner
