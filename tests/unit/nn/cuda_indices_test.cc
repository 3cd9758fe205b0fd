// The arithmetic of the attention kernels for cards, on the host: all of its indices, and the whole algorithm
// of a warp with the instructions of a card acted out. What is left to a card is in cuda_attention_test.cc.
#include "nn/cuda/indices.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <memory>
#include <set>

#include "host_warp.h"
#include "nn/attention.h"
#include "nn/cuda/attention_warp.h"
#include "nn/cuda/kernels.h"
#include "nn/cuda/operations.h"

namespace gliner {
namespace {

using cuda::kGroupRows;
using cuda::kKeyBlock;
using cuda::kWarpRows;
using cuda::Reach;

TEST(PositionGroups, TheLastOnesOnEitherSideAreSaturated) {
  for (int saturation = 1; saturation <= 600; ++saturation) {
    const int side = cuda::groups_per_side(saturation);
    EXPECT_LE(-side * kGroupRows + kGroupRows - 1, -saturation);
    EXPECT_GE((side - 1) * kGroupRows, saturation);
    for (int m = -2 * side; m <= 2 * side; ++m) {
      const int stored = cuda::stored_group(m, side);
      ASSERT_GE(stored, 0);
      ASSERT_LT(stored, 2 * side);
      // The group that is read holds for each row what the wanted one would.
      for (int r = 0; r < kGroupRows; ++r) {
        const int wanted = std::clamp(m * kGroupRows + r, -saturation, saturation);
        const int found = std::clamp((stored - side) * kGroupRows + r, -saturation, saturation);
        ASSERT_EQ(wanted, found) << "saturation " << saturation << ", group " << m;
      }
    }
  }
}

TEST(Reach, IsFarOnlyWhereEveryPairIs) {
  for (const int saturation : {1, 17, 64, 512})
    for (int row = 0; row < 1200; row += kWarpRows)
      for (int key = 0; key < 1200; key += kKeyBlock) {
        const int least = key - (row + kWarpRows - 1);
        const int most = key + kKeyBlock - 1 - row;
        const Reach expected = most <= -saturation   ? Reach::kBefore
                               : least >= saturation ? Reach::kBehind
                                                     : Reach::kNear;
        ASSERT_EQ(cuda::reach_of(row, kWarpRows, key, kKeyBlock, saturation), expected);
      }
}

TEST(KeysSeen, AreAllThatTheWindowAllowsAndBeginOnABlock) {
  for (const int window : {-1, 0, 3, 64, 100})
    for (int length = 1; length <= 300; ++length)
      for (int row = 0; row < length; row += 64) {
        const cuda::KeyRange range = cuda::keys_seen(row, 64, length, window);
        ASSERT_EQ(range.first % kKeyBlock, 0);
        ASSERT_LE(range.end, length);
        for (int key = 0; key < length; ++key) {
          bool seen = false;
          for (int i = row; i < std::min(row + 64, length); ++i)
            seen = seen || window < 0 || std::abs(i - key) <= window;
          const bool read = range.first <= key && key < range.end;
          ASSERT_TRUE(read || !seen) << key;
        }
      }
}

template <int kSize>
void expect_tile_without_conflicts() {
  std::set<int> bytes;
  for (int row = 0; row < kKeyBlock; ++row)
    for (int chunk = 0; chunk < kSize / 8; ++chunk) {
      const int byte = cuda::tile_byte<kSize>(row, chunk);
      EXPECT_EQ(byte % 16, 0);
      EXPECT_LT(byte, kKeyBlock * kSize * 2);
      EXPECT_TRUE(bytes.insert(byte).second) << "two chunks in one place";
    }
  for (int row = 0; row < kKeyBlock; row += 8)
    for (int chunk = 0; chunk < kSize / 8; ++chunk) {
      std::set<int> banks;
      for (int r = 0; r < 8; ++r) banks.insert(cuda::tile_byte<kSize>(row + r, chunk) % 128 / 16);
      EXPECT_EQ(banks.size(), 8U) << "rows from " << row;
    }
}
TEST(SharedTile, HasAPlaceForEachChunkAndNoBankConflicts) {
  expect_tile_without_conflicts<32>();
  expect_tile_without_conflicts<64>();
}

TEST(AttentionTiles, CoverEveryQueryOnce) {
  const SequenceStart start = {0, 7, 7, 300, 301, 429};
  for (const std::int64_t rows : {32, 64, 128}) {
    const std::vector<std::int32_t> tiles = attention_tiles(start, rows);
    std::vector<int> seen(429, 0);
    std::int32_t before = 1 << 30;
    for (std::size_t t = 0; t < tiles.size(); t += 4) {
      EXPECT_LE(tiles[t + 1], before) << "long sequences come first";
      before = tiles[t + 1];
      for (std::int32_t i = tiles[t + 2];
           i < std::min<std::int32_t>(tiles[t + 1], tiles[t + 2] + static_cast<std::int32_t>(rows)); ++i)
        ++seen[static_cast<std::size_t>(tiles[t] + i)];
    }
    EXPECT_EQ(std::count(seen.begin(), seen.end(), 1), 429);
  }
  EXPECT_TRUE(attention_tiles({0}, 64).empty());
}

// The kernel's block of threads, acted out: the same tiles, copies, blocks of keys and warps.
template <class Element, int kSize, bool kPositions>
at::Tensor acted_attention(const at::Tensor& qkv, const SequenceStart& start, const AttentionOptions& options,
                           const CardTables& card, std::int64_t tile_rows) {
  using Lanes = HostWarp<Element>;
  using Warp = cuda::AttentionWarp<Lanes, kSize, kPositions>;
  const std::int64_t hidden = qkv.size(1) / 3;
  at::Tensor out = at::full({qkv.size(0), hidden}, std::nanf(""));  // Whatever is not written shows.
  const float* data = qkv.data_ptr<float>();
  const std::int64_t stride = 3 * hidden;
  const at::Tensor key_groups = kPositions ? card.key_groups.to(at::kFloat) : at::Tensor();
  const at::Tensor query_groups = kPositions ? card.query_groups.to(at::kFloat) : at::Tensor();
  const int side = cuda::groups_per_side(static_cast<int>(card.saturation));
  const std::int64_t head_floats = std::int64_t{2} * side * kGroupRows * kSize;

  const std::vector<std::int32_t> tiles = attention_tiles(start, tile_rows);
  std::vector<float> keys(kKeyBlock * kSize), values(kKeyBlock * kSize);
  for (std::size_t t = 0; t < tiles.size(); t += 4)
    for (std::int64_t head = 0; head < options.heads; ++head) {
      const int begin = tiles[t], length = tiles[t + 1], first_row = tiles[t + 2];
      const float* sequence = data + begin * stride + head * kSize;
      const cuda::KeyRange range =
          cuda::keys_seen(first_row, static_cast<int>(tile_rows), length, static_cast<int>(options.window));
      std::vector<std::unique_ptr<Warp>> warps;
      for (int row = first_row; row < first_row + tile_rows && row < length; row += kWarpRows) {
        typename Warp::Sequence s;
        s.length = length;
        s.row = row;
        s.window = static_cast<int>(options.window);
        s.scale = static_cast<float>(options.scale) * 1.44269504F;
        s.saturation = static_cast<int>(card.saturation);
        s.per_side = side;
        const typename Lanes::Groups by_key = {kPositions ? key_groups.data_ptr<float>() + head * head_floats
                                                          : nullptr};
        const typename Lanes::Groups by_query = {
            kPositions ? query_groups.data_ptr<float>() + head * head_floats : nullptr};
        const typename Lanes::Queries queries = {sequence + row * stride, stride, length - row};
        warps.push_back(std::make_unique<Warp>(s, queries, by_key, by_query));
      }
      for (int first_key = range.first; first_key < range.end; first_key += kKeyBlock) {
        for (int row = 0; row < kKeyBlock; ++row)
          for (int d = 0; d < kSize; ++d) {
            const std::size_t at = static_cast<std::size_t>(cuda::tile_byte<kSize>(row, d / 8)) / 2 +
                                   static_cast<std::size_t>(d % 8);
            const bool exists = first_key + row < length;
            const float* from = sequence + (first_key + row) * stride + d;
            keys[at] = exists ? from[hidden] : 0.0F;
            values[at] = exists ? from[2 * hidden] : 0.0F;
          }
        for (auto& warp : warps) warp->attend({&keys}, {&values}, first_key);
      }
      int row = first_row;
      for (auto& warp : warps) {
        warp->finish();
        for (int lane = 0; lane < 32; ++lane)
          for (int n = 0; n < kSize / 8; ++n)
            for (int c = 0; c < 4; ++c) {
              const int i = row + lane / 4 + 8 * (c / 2);
              if (i >= length) continue;
              out.data_ptr<float>()[(begin + i) * hidden + head * kSize + 8 * n + 2 * (lane % 4) + c % 2] =
                  warp->out(n)[c].v[static_cast<std::size_t>(lane)];
            }
        row += kWarpRows;
      }
    }
  return out;
}

struct Drawn {
  AttentionOptions options;
  std::shared_ptr<const RelativePositions> positions;
  at::Tensor key, query;
  CardTables card;
};

// Numbers that float16 holds, so that only weights and the far queries are rounded on the way.
Drawn drawn(std::int64_t heads, std::int64_t size, std::int64_t buckets, std::int64_t max_positions) {
  Drawn d;
  d.options.heads = heads;
  d.options.scale = 0.12;
  d.positions = std::make_shared<const RelativePositions>(buckets, max_positions);
  const auto table = [&] {
    return at::randn({2 * d.positions->span(), heads * size}).to(at::kHalf).to(at::kFloat);
  };
  d.key = table();
  d.query = table();
  d.card = make_card_tables(*d.positions, d.key, d.query, heads, at::kHalf);
  return d;
}

at::Tensor drawn_qkv(std::int64_t tokens, const Drawn& d) {
  return at::randn({tokens, 3 * d.key.size(1)}).to(at::kHalf).to(at::kFloat);
}

double difference(const at::Tensor& found, const at::Tensor& expected) {
  return ((found - expected).norm() / expected.norm()).item<double>();
}

// Of float16 weights; a score in the wrong place makes it 100 times that.
constexpr double kRoom = 2e-3;

TEST(AttentionWarp, EqualsThePlainFormAtEveryLengthTo512) {
  const c10::InferenceMode guard;
  at::manual_seed(11);
  const Drawn d = drawn(1, 32, 256, 512);
  for (std::int64_t length = 1; length <= 512; ++length) {
    const SequenceStart start = {0, length};
    const at::Tensor qkv = drawn_qkv(length, d);
    const at::Tensor expected = plain_attention(qkv, start, d.options, d.positions.get(), d.key, d.query);
    const at::Tensor found = acted_attention<c10::Half, 32, true>(qkv, start, d.options, d.card, 64);
    ASSERT_LT(difference(found, expected), kRoom) << "length " << length;
  }
}

TEST(AttentionWarp, EqualsThePlainFormBeyondTheSaturation) {
  const c10::InferenceMode guard;
  at::manual_seed(12);
  struct Case {
    std::int64_t buckets, max_positions, length, tile_rows;
  };
  // Few buckets, so that far blocks come on both sides at once.
  for (const Case& c : {Case{256, 512, 1300, 128}, Case{8, 64, 700, 64}, Case{-1, 16, 333, 64},
                        Case{64, 40, 200, 128}, Case{6, 20, 257, 64}}) {
    const Drawn d = drawn(1, 64, c.buckets, c.max_positions);
    const SequenceStart start = {0, c.length};
    const at::Tensor qkv = drawn_qkv(c.length, d);
    const at::Tensor expected = plain_attention(qkv, start, d.options, d.positions.get(), d.key, d.query);
    const at::Tensor found = acted_attention<c10::Half, 64, true>(qkv, start, d.options, d.card, c.tile_rows);
    EXPECT_LT(difference(found, expected), kRoom) << c.buckets << " buckets, length " << c.length;
  }
}

TEST(AttentionWarp, TakesSeveralSequencesHeadsAndWindows) {
  const c10::InferenceMode guard;
  at::manual_seed(13);
  Drawn d = drawn(3, 32, 32, 128);
  const SequenceStart start = {0, 5, 5, 70, 71, 135, 264};
  const at::Tensor qkv = drawn_qkv(start.back(), d);
  for (const std::int64_t window : {-1, 0, 3, 40, 100}) {
    d.options.window = window;
    const at::Tensor expected = plain_attention(qkv, start, d.options, d.positions.get(), d.key, d.query);
    EXPECT_LT(difference(acted_attention<c10::Half, 32, true>(qkv, start, d.options, d.card, 64), expected),
              kRoom)
        << "window " << window;
    const at::Tensor plain = plain_attention(qkv, start, d.options, nullptr, {}, {});
    EXPECT_LT(difference(acted_attention<c10::Half, 32, false>(qkv, start, d.options, d.card, 128), plain),
              kRoom)
        << "window " << window << ", no tables";
  }
}

TEST(CardTables, HaveARowForEachDistanceFalling) {
  const RelativePositions positions(8, 64);
  const at::Tensor key = at::randn({16, 2 * 32});
  const CardTables card = make_card_tables(positions, key, -key, 2, at::kBFloat16);
  const std::int64_t s = card.saturation;
  ASSERT_EQ(card.columns.numel(), 2 * s + 1);
  for (std::int64_t e = -s; e <= s; ++e)
    EXPECT_EQ(card.columns[e + s].item<std::int64_t>(), positions.column(-e));
  const int side = cuda::groups_per_side(static_cast<int>(s));
  ASSERT_EQ(card.key_groups.sizes(), (std::vector<std::int64_t>{2, 2 * side, 1, 8, 4, 2, 2, 2}));
  // Head 1, e = -3: group -1, row 5; dimension 27 = 16 * 1 + 8 * 1 + 2 * 1 + 1.
  const at::Tensor found = card.key_groups[1][side - 1][0][5][1][1][1][1].to(at::kFloat);
  EXPECT_EQ(found.item<float>(), key[positions.column(3)][32 + 27].to(at::kBFloat16).item<float>());
  EXPECT_TRUE(at::equal(card.query_groups, -card.key_groups));
  EXPECT_FALSE(make_card_tables(positions, key, key, 2, at::kFloat).key_groups.defined());
  EXPECT_FALSE(make_card_tables(positions, key, key, 4, at::kBFloat16).key_groups.defined());
}

}  // namespace
}  // namespace gliner
