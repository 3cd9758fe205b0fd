#include "engine/label_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace gliner {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

/// Encodes a label as its length, and notes what it was asked for.
struct Encoder {
  std::vector<std::string> asked;
  LabelMatrix operator()(const std::vector<std::string>& labels) {
    LabelMatrix matrix{1, {}};
    for (const std::string& label : labels) {
      asked.push_back(label);
      matrix.values.push_back(static_cast<float>(label.size()));
    }
    return matrix;
  }
};

TEST(LabelCache, EncodesEachLabelOnceAndKeepsTheOrder) {
  LabelCache cache(10);
  Encoder encoder;
  EXPECT_THAT(cache.get({"bb", "a", "bb"}, std::ref(encoder)).values, ElementsAre(2, 1, 2));
  EXPECT_THAT(cache.get({"a", "ccc"}, std::ref(encoder)).values, ElementsAre(1, 3));
  EXPECT_THAT(encoder.asked, ElementsAre("bb", "a", "ccc"));
}

TEST(LabelCache, ForgetsWhatWasNotUsedTheLongest) {
  LabelCache cache(2);
  Encoder encoder;
  cache.get({"a", "bb"}, std::ref(encoder));
  cache.get({"a"}, std::ref(encoder));
  cache.get({"ccc"}, std::ref(encoder));  // takes the place of bb
  encoder.asked.clear();
  EXPECT_THAT(cache.get({"a", "ccc"}, std::ref(encoder)).values, ElementsAre(1, 3));
  EXPECT_THAT(encoder.asked, IsEmpty());
  cache.get({"bb"}, std::ref(encoder));
  EXPECT_THAT(encoder.asked, ElementsAre("bb"));
}

TEST(LabelCache, MoreLabelsThanItHoldsAreAllAnswered) {
  LabelCache cache(1);
  Encoder encoder;
  EXPECT_THAT(cache.get({"a", "bb", "ccc"}, std::ref(encoder)).values, ElementsAre(1, 2, 3));
}

TEST(LabelCache, ThreadsGetTheSameAnswers) {
  LabelCache cache(3);
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&cache] {
      for (int i = 0; i < 200; ++i) {
        Encoder encoder;
        EXPECT_THAT(cache.get({"a", "bb", "ccc", "dddd"}, std::ref(encoder)).values, ElementsAre(1, 2, 3, 4));
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace gliner
