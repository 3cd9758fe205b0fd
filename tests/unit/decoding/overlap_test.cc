#include "decoding/overlap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "gliner/error.h"

namespace gliner {
namespace {

using testing::ElementsAre;

std::vector<std::size_t> places(const std::vector<ScoredRange>& ranges) {
  std::vector<std::size_t> out;
  for (const ScoredRange& range : ranges) out.push_back(range.index);
  return out;
}

std::vector<ScoredRange> number(std::vector<ScoredRange> ranges) {
  for (std::size_t i = 0; i < ranges.size(); ++i) ranges[i].index = i;
  return ranges;
}

bool overlap(const ScoredRange& a, const ScoredRange& b) { return a.begin < b.end && b.begin < a.end; }

// The example of the reference's documentation: the best sum is not the greedy choice.
const std::vector<ScoredRange> kTriple = number({{0.60, 0, 5}, {0.55, 0, 2}, {0.55, 3, 5}});

TEST(Overlap, GreedyKeepsTheMostConfident) { EXPECT_THAT(places(select_greedily(kTriple)), ElementsAre(0)); }
TEST(Overlap, DisallowKeepsTheLargestSum) {
  EXPECT_THAT(places(resolve_overlaps(kTriple, OverlapPolicy::kDisallow)), ElementsAre(1, 2));
}
TEST(Overlap, AllowKeepsEveryDistinctRangeByRank) {
  const auto ranges = number({{0.5, 3, 5}, {0.9, 0, 5}, {0.7, 3, 5}});
  EXPECT_THAT(places(resolve_overlaps(ranges, OverlapPolicy::kAllow)), ElementsAre(1, 2));
}
TEST(Overlap, NestedDropsCrossingOnly) {
  const auto ranges = number({{0.9, 0, 5}, {0.8, 1, 3}, {0.7, 3, 7}});
  EXPECT_THAT(places(resolve_overlaps(ranges, OverlapPolicy::kNested)), ElementsAre(0, 1));
}
TEST(Overlap, LongestDropsWhatLiesStrictlyInside) {
  const auto ranges = number({{0.9, 1, 3}, {0.2, 0, 5}, {0.1, 4, 9}});
  EXPECT_THAT(places(resolve_overlaps(ranges, OverlapPolicy::kLongest)), ElementsAre(1, 2));
}
TEST(Overlap, NothingStaysNothing) {
  EXPECT_TRUE(select_greedily({}).empty());
  EXPECT_TRUE(resolve_overlaps({}, OverlapPolicy::kDisallow).empty());
}
TEST(Overlap, EqualScoresTieTowardsMoreRangesThenTheEarlier) {
  const auto ranges = number({{0, 0, 4}, {0, 0, 2}, {0, 2, 4}});
  EXPECT_THAT(places(resolve_overlaps(ranges, OverlapPolicy::kDisallow)), ElementsAre(1, 2));
  const auto twins = number({{0.5, 2, 4}, {0.5, 1, 3}});
  EXPECT_THAT(places(resolve_overlaps(twins, OverlapPolicy::kDisallow)), ElementsAre(1));
}

std::vector<ScoredRange> draw(std::mt19937& random, int count) {
  std::vector<ScoredRange> ranges;
  for (int i = 0; i < count; ++i) {
    const auto begin = static_cast<std::int64_t>(random() % 12);
    ranges.push_back(
        {static_cast<double>(random() % 8) / 8, begin, begin + 1 + static_cast<std::int64_t>(random() % 5)});
  }
  return number(ranges);
}

TEST(Overlap, GreedyEqualsTheQuadraticDefinition) {
  std::mt19937 random(1);
  for (int round = 0; round < 300; ++round) {
    const std::vector<ScoredRange> ranges = draw(random, 14);
    std::vector<ScoredRange> sorted = ranges;
    std::stable_sort(sorted.begin(), sorted.end(),
                     [](const auto& a, const auto& b) { return a.score > b.score; });
    std::vector<ScoredRange> kept;
    for (const ScoredRange& range : sorted) {
      if (std::none_of(kept.begin(), kept.end(), [&](const auto& other) { return overlap(range, other); })) {
        kept.push_back(range);
      }
    }
    EXPECT_EQ(places(select_greedily(ranges)), places(kept));
  }
}

TEST(Overlap, DisallowReachesTheBestSumOfAllSubsets) {
  std::mt19937 random(2);
  for (int round = 0; round < 200; ++round) {
    const std::vector<ScoredRange> ranges = draw(random, 9);
    double best = 0;
    for (unsigned subset = 0; subset < (1U << ranges.size()); ++subset) {
      double sum = 0;
      bool sound = true;
      for (std::size_t i = 0; i < ranges.size() && sound; ++i) {
        if ((subset >> i & 1U) == 0) continue;
        sum += ranges[i].score;
        for (std::size_t j = 0; j < i; ++j)
          sound = sound && ((subset >> j & 1U) == 0 || !overlap(ranges[i], ranges[j]));
      }
      if (sound) best = std::max(best, sum);
    }
    double found = 0;
    const auto kept = resolve_overlaps(ranges, OverlapPolicy::kDisallow);
    for (std::size_t i = 0; i < kept.size(); ++i) {
      found += kept[i].score;
      for (std::size_t j = 0; j < i; ++j) EXPECT_FALSE(overlap(kept[i], kept[j]));
    }
    EXPECT_DOUBLE_EQ(found, best);
  }
}

TEST(Overlap, PolicyNamesHaveTheReferencesAliases) {
  EXPECT_EQ(parse_overlap_policy(" Flat "), OverlapPolicy::kDisallow);
  EXPECT_EQ(parse_overlap_policy("no-overlap"), OverlapPolicy::kDisallow);
  EXPECT_EQ(parse_overlap_policy("ALL"), OverlapPolicy::kAllow);
  EXPECT_EQ(parse_overlap_policy("allow-nested"), OverlapPolicy::kNested);
  EXPECT_EQ(parse_overlap_policy("keep_longest"), OverlapPolicy::kLongest);
  EXPECT_THROW(parse_overlap_policy("best"), InputError);
}

}  // namespace
}  // namespace gliner
