#include "nn/attention.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <tuple>

#include "gliner/error.h"
#include "nn/causal_attention.h"
#include "nn/threads.h"

namespace gliner {
namespace {

// Values of transformers' make_log_bucket_position (+ span, cut to the table), computed with torch 2.15.
TEST(RelativePositions, GiveTheReferencesBuckets) {
  struct Case {
    std::int64_t buckets, max_positions;
    std::vector<std::pair<std::int64_t, std::int64_t>> columns;
  };
  const Case cases[] = {
#include "relative_position_cases.inc"
  };
  for (const Case& c : cases) {
    const RelativePositions positions(c.buckets, c.max_positions);
    for (const auto& [distance, column] : c.columns)
      EXPECT_EQ(positions.column(distance), column)
          << c.buckets << " buckets, " << c.max_positions << " positions, distance " << distance;
  }
}

TEST(RelativePositions, AreLinearAsFarAsTheySay) {
  for (const auto& [buckets, max_positions] :
       {std::pair{256, 512}, {32, 512}, {6, 20}, {2, 8}, {-1, 16}, {0, 3}}) {
    const RelativePositions positions(buckets, max_positions);
    for (std::int64_t d = -positions.linear(); d <= positions.linear(); ++d)
      EXPECT_EQ(positions.column(d), d + positions.span()) << buckets << " buckets";
    for (std::int64_t d = -5000; d <= 5000; ++d) {
      EXPECT_GE(positions.column(d), 0);
      EXPECT_LT(positions.column(d), 2 * positions.span());
    }
  }
}

TEST(RelativePositions, AreConstantFromFarOn) {
  for (const auto& [buckets, max_positions, far] :
       {std::tuple{256, 512, 512}, {32, 512, 512}, {6, 20, 20}, {-1, 16, 16}, {0, 3, 3}}) {
    const RelativePositions positions(buckets, max_positions);
    EXPECT_EQ(positions.far(), far) << buckets << " buckets";
    for (std::int64_t d = far; d <= 5000; ++d) {
      EXPECT_EQ(positions.column(d), positions.column(far));
      EXPECT_EQ(positions.column(-d), positions.column(-far));
    }
  }
}

struct AttentionCase {
  std::int64_t heads, head_size, buckets, max_positions, window;
  bool key_table, query_table;
  SequenceStart start;
};

class SelfAttentionTest : public ::testing::TestWithParam<AttentionCase> {};

INSTANTIATE_TEST_SUITE_P(
    Shapes, SelfAttentionTest,
    ::testing::Values(
        AttentionCase{4, 12, 256, 512, -1, true, true, {0, 7, 7, 40, 41}},   // Linear distances only.
        AttentionCase{4, 9, 32, 512, -1, true, true, {0, 16, 17, 18, 118}},  // Logarithmic too.
        AttentionCase{2, 10, 64, 40, -1, true, true, {0, 150, 190}},         // Buckets that no distance has.
        AttentionCase{2, 8, 8, 64, -1, true, false, {0, 70}},
        AttentionCase{2, 8, 8, 64, -1, false, true, {0, 70, 75}},
        AttentionCase{3, 5, -1, 20, -1, true, true, {0, 19, 60}},  // Cut distances.
        // Keys that are far from every query of a block, before it and behind it.
        AttentionCase{2, 7, -1, 20, -1, true, true, {0, 21, 400, 1037}},
        AttentionCase{2, 16, 32, 48, -1, true, true, {0, 700}},
        AttentionCase{1, 8, 8, 64, -1, true, false, {0, 523}},
        AttentionCase{1, 8, 8, 64, -1, false, true, {0, 523, 600}},
        AttentionCase{2, 16, 0, 0, -1, false, false, {0, 33, 50}},
        AttentionCase{2, 16, 0, 0, 3, false, false, {0, 33, 50}}));

TEST_P(SelfAttentionTest, FusedFormEqualsPlainForm) {
  const c10::InferenceMode guard;
  const AttentionCase& c = GetParam();
  const std::int64_t hidden = c.heads * c.head_size;
  at::manual_seed(7);
  const at::Tensor qkv = at::randn({c.start.back(), 3 * hidden});
  const bool tables = c.key_table || c.query_table;
  const auto positions =
      tables ? std::make_shared<const RelativePositions>(c.buckets, c.max_positions) : nullptr;
  const auto table = [&](bool wanted) {
    return wanted ? at::randn({2 * positions->span(), hidden}) : at::Tensor();
  };
  const at::Tensor key = table(c.key_table);
  const at::Tensor query = table(c.query_table);
  AttentionOptions options;
  options.heads = c.heads;
  options.scale = 0.21;
  options.window = c.window;
  const at::Tensor expected = plain_attention(qkv, c.start, options, positions.get(), key, query);

  std::unique_ptr<PositionTables> prepared;
  if (tables) prepared = std::make_unique<PositionTables>(positions, key, query, c.heads);
  options.positions = prepared.get();
  for (const int threads : {1, 2, 3}) {
    const IntraOpScope scope(threads);
    const at::Tensor found = self_attention(qkv, c.start, options);
    EXPECT_LT((found - expected).abs().max().item<float>(), 2e-5F) << threads << " threads";
  }
}

TEST_P(SelfAttentionTest, ASequenceDoesNotSeeItsNeighbours) {
  const c10::InferenceMode guard;
  const AttentionCase& c = GetParam();
  const std::int64_t hidden = c.heads * c.head_size;
  at::manual_seed(8);
  const at::Tensor qkv = at::randn({c.start.back(), 3 * hidden});
  AttentionOptions options;
  options.heads = c.heads;
  options.window = c.window;
  const at::Tensor together = self_attention(qkv, c.start, options);
  for (std::size_t b = 0; b + 1 < c.start.size(); ++b) {
    const std::int64_t length = c.start[b + 1] - c.start[b];
    const at::Tensor alone = self_attention(qkv.narrow(0, c.start[b], length), {0, length}, options);
    EXPECT_TRUE(at::equal(alone, together.narrow(0, c.start[b], length))) << "sequence " << b;
  }
}

TEST(CausalAttention, EqualsThePlainForm) {
  const c10::InferenceMode guard;
  at::manual_seed(11);
  constexpr std::int64_t kHeads = 6, kHeadSize = 10, kHidden = kHeads * kHeadSize;
  // New tokens of each sequence, and tokens that it had before.
  const SequenceStart start = {0, 1, 1, 20, 321, 322};
  const std::int64_t before[] = {0, 5, 0, 0, 90};
  for (const std::int64_t groups : {1, 2, 6}) {
    const std::int64_t keys = groups * kHeadSize;
    const at::Tensor qkv = at::randn({start.back(), kHidden + 2 * keys});
    std::vector<KvCache::Rows> seen;
    for (std::size_t b = 0; b + 1 < start.size(); ++b) {
      const at::Tensor own = qkv.narrow(0, start[b], start[b + 1] - start[b]);
      seen.push_back({own.narrow(1, kHidden, keys), own.narrow(1, kHidden + keys, keys)});
      if (before[b] == 0) continue;  // Then they lie where they were made, else side by side.
      seen[b].keys = at::cat({at::randn({before[b], keys}), seen[b].keys});
      seen[b].values = at::cat({at::randn({before[b], keys}), seen[b].values});
    }
    const at::Tensor query = qkv.narrow(1, 0, kHidden);
    const at::Tensor fused = causal_attention(query, start, seen, kHeads, 0.4);
    EXPECT_TRUE(at::allclose(fused, plain_causal_attention(query, start, seen, kHeads, 0.4), 1e-5, 1e-5))
        << groups << " groups";
    EXPECT_THROW(causal_attention(query, start, seen, 4 * groups + 1, 0.4), InternalError);
  }
}

}  // namespace
}  // namespace gliner
