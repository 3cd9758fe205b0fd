#include "heads/pooling.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "gliner/error.h"
#include "heads/range_pooling.h"

namespace gliner {
namespace {

// Tokens 0 .. 5 with vectors [t, 10 - t]; two sequences of three tokens.
PackedBatch batch_of(TokenPooling pooling, std::vector<TokenRange> first, std::vector<TokenRange> second) {
  PackedBatch batch;
  batch.pooling = pooling;
  batch.ids.assign(6, 0);
  batch.sequences.resize(2);
  batch.sequences[0].token_end = 3;
  batch.sequences[0].rows = std::move(first);
  batch.sequences[1].token_begin = 3;
  batch.sequences[1].token_end = 6;
  batch.sequences[1].rows = std::move(second);
  return batch;
}

at::Tensor tokens() {
  const at::Tensor t = at::arange(6, at::kFloat);
  return at::stack({t, 10 - t}, 1);
}

std::vector<std::vector<float>> pooled(const PackedBatch& batch) {
  const at::Tensor rows = pool_rows(tokens(), batch);
  std::vector<std::vector<float>> values;
  for (std::int64_t r = 0; r < rows.size(0); ++r)
    values.push_back({rows[r][0].item<float>(), rows[r][1].item<float>()});
  return values;
}

using Rows = std::vector<std::vector<float>>;

TEST(Pooling, TakesTheFirstToken) {
  const c10::InferenceMode guard;
  EXPECT_EQ(pooled(batch_of(TokenPooling::kFirst, {{0, 2}, {2, 3}}, {{4, 6}})),
            (Rows{{0, 10}, {2, 8}, {4, 6}}));
}

TEST(Pooling, AWordWithoutTokensTakesTheNextTokenOrZeros) {
  const c10::InferenceMode guard;
  EXPECT_EQ(pooled(batch_of(TokenPooling::kFirst, {{1, 1}, {3, 3}}, {{6, 6}})),
            (Rows{{1, 9}, {0, 0}, {0, 0}}));
}

TEST(Pooling, TakesMeanAndMaximum) {
  const c10::InferenceMode guard;
  EXPECT_EQ(pooled(batch_of(TokenPooling::kMean, {{0, 3}}, {{3, 5}, {5, 6}})),
            (Rows{{1, 9}, {3.5, 6.5}, {5, 5}}));
  EXPECT_EQ(pooled(batch_of(TokenPooling::kMax, {{0, 3}}, {{3, 5}, {5, 6}})),
            (Rows{{2, 10}, {4, 7}, {5, 5}}));
}

TEST(Pooling, RefusesARangeOutsideOfItsSequence) {
  const c10::InferenceMode guard;
  EXPECT_THROW(pooled(batch_of(TokenPooling::kFirst, {{2, 4}}, {})), InternalError);
  EXPECT_THROW(pooled(batch_of(TokenPooling::kFirst, {}, {{2, 4}})), InternalError);
}

// Ranges with the token from which on there are zeros.
std::vector<std::vector<float>> pooled_at_once(TokenPooling pooling,
                                               const std::vector<std::pair<TokenRange, int>>& ranges) {
  RangePooling all(pooling, 6);
  PackedUpload upload;
  for (const auto& [range, end] : ranges) all.add(range, end);
  all.prepare(upload);
  const at::Tensor rows = all.forward(tokens(), upload.send(c10::kCPU));
  std::vector<std::vector<float>> values;
  for (std::int64_t r = 0; r < rows.size(0); ++r)
    values.push_back({rows[r][0].item<float>(), rows[r][1].item<float>()});
  return values;
}

TEST(RangePooling, PoolsAllRangesAtOnce) {
  const c10::InferenceMode guard;
  const std::vector<std::pair<TokenRange, int>> ranges = {{{0, 3}, 6}, {{5, 6}, 6}, {{3, 5}, 6}, {{4, 4}, 6}};
  EXPECT_EQ(pooled_at_once(TokenPooling::kFirst, ranges), (Rows{{0, 10}, {5, 5}, {3, 7}, {0, 0}}));
  EXPECT_EQ(pooled_at_once(TokenPooling::kMean, ranges), (Rows{{1, 9}, {5, 5}, {3.5, 6.5}, {0, 0}}));
  EXPECT_EQ(pooled_at_once(TokenPooling::kMax, ranges), (Rows{{2, 10}, {5, 5}, {4, 7}, {0, 0}}));
  EXPECT_TRUE(pooled_at_once(TokenPooling::kMean, {}).empty());
}

TEST(RangePooling, CountsTokensBehindTheEndAsZeros) {
  const c10::InferenceMode guard;
  const std::vector<std::pair<TokenRange, int>> ranges = {{{1, 3}, 2}, {{4, 6}, 4}, {{1, 9}, 3}};
  EXPECT_EQ(pooled_at_once(TokenPooling::kFirst, ranges), (Rows{{1, 9}, {0, 0}, {1, 9}}));
  EXPECT_EQ(pooled_at_once(TokenPooling::kMean, ranges), (Rows{{0.5, 4.5}, {0, 0}, {0.375, 2.125}}));
  EXPECT_EQ(pooled_at_once(TokenPooling::kMax, ranges), (Rows{{1, 9}, {0, 0}, {2, 9}}));
}

}  // namespace
}  // namespace gliner
