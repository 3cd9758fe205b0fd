#include "engine/batch_planner.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace gliner {
namespace {

TEST(BatchPlanner, EveryTextStandsInExactlyOneBatchWithinTheLimits) {
  std::mt19937 random(7);
  for (int round = 0; round < 100; ++round) {
    std::vector<std::int64_t> tokens(random() % 40);
    for (std::int64_t& count : tokens) count = static_cast<std::int64_t>(random() % 120);
    const BatchLimits limits{1 + static_cast<std::int64_t>(random() % 6), 100};
    std::vector<int> seen(tokens.size(), 0);
    for (const std::vector<std::size_t>& batch : plan_batches(tokens, limits)) {
      ASSERT_FALSE(batch.empty());
      EXPECT_LE(static_cast<std::int64_t>(batch.size()), limits.max_sequences);
      std::int64_t sum = 0;
      for (const std::size_t index : batch) {
        ++seen[index];
        sum += tokens[index];
      }
      EXPECT_TRUE(sum <= limits.max_tokens || batch.size() == 1)
          << "only a text that is too long alone may pass";
    }
    EXPECT_TRUE(std::all_of(seen.begin(), seen.end(), [](int times) { return times == 1; }));
  }
}

TEST(BatchPlanner, NeighboursAreOfSimilarLengthAndEqualOnesKeepTheirOrder) {
  EXPECT_EQ(plan_batches({1, 9, 1, 8}, {2, 100}), (std::vector<std::vector<std::size_t>>{{1, 3}, {0, 2}}));
}

TEST(BatchPlanner, ConsecutiveBatchesKeepTheOrderAndEndWithTheRest) {
  EXPECT_EQ(consecutive_batches(5, {2, 1}), (std::vector<std::vector<std::size_t>>{{0, 1}, {2, 3}, {4}}));
  EXPECT_TRUE(consecutive_batches(0, {}).empty());
}

TEST(BatchPlanner, NoTextsMakeNoBatches) { EXPECT_TRUE(plan_batches({}, {}).empty()); }

}  // namespace
}  // namespace gliner
