#include "tokenizers/word_cache.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gliner {
namespace {

using ::testing::ElementsAre;

void insert(WordCache& cache, const std::string& text, std::vector<std::int32_t> ids) {
  cache.insert(text, ids.data(), ids.size());
}

TEST(WordCache, AppendsTheIdsOfAKnownText) {
  WordCache cache(100);
  std::vector<std::int32_t> ids = {9};
  EXPECT_FALSE(cache.find("a", ids));
  insert(cache, "a", {1, 2});
  insert(cache, "", {});
  EXPECT_TRUE(cache.find("a", ids));
  EXPECT_TRUE(cache.find("", ids));
  EXPECT_THAT(ids, ElementsAre(9, 1, 2));
}

TEST(WordCache, NeverHoldsMoreThanItsCapacity) {
  WordCache cache(1000);
  for (int i = 0; i < 20'000; ++i) {
    insert(cache, std::to_string(i), {i});
    ASSERT_LE(cache.size(), 1000u);
  }
  EXPECT_GT(cache.size(), 400u);
  cache.clear();
  EXPECT_EQ(cache.size(), 0u);
}

TEST(WordCache, KeepsWhatIsAskedForOften) {
  WordCache cache(320);
  insert(cache, "kept", {1});
  std::vector<std::int32_t> ids;
  for (int i = 0; i < 20'000; ++i) {
    insert(cache, std::to_string(i), {i});
    ASSERT_TRUE(cache.find("kept", ids)) << "after " << i;
  }
  EXPECT_FALSE(cache.find("0", ids));
}

TEST(WordCache, IgnoresLongTextsAndZeroCapacity) {
  WordCache cache(1000);
  insert(cache, std::string(WordCache::kMaxTextBytes + 1, 'a'), {1});
  EXPECT_EQ(cache.size(), 0u);
  insert(cache, std::string(WordCache::kMaxTextBytes, 'a'), {1});
  EXPECT_EQ(cache.size(), 1u);
  WordCache none(0);
  insert(none, "a", {1});
  EXPECT_EQ(none.size(), 0u);
}

}  // namespace
}  // namespace gliner
