#include <gtest/gtest.h>

#include <map>
#include <random>

#include "tokenizers/merge_table.h"
#include "tokenizers/prefix_trie.h"
#include "tokenizers/vocabulary.h"

namespace gliner {
namespace {

std::vector<std::string> random_words(std::size_t count) {
  std::mt19937 random(7);
  std::vector<std::string> words;
  for (std::size_t i = 0; i < count; ++i) {
    std::string word;
    for (std::size_t size = random() % 12; size > 0; --size)
      word += static_cast<char>("\0ab\xC3\xA9\xFF"[random() % 6]);
    words.push_back(word);
  }
  return words;
}

TEST(PrefixTrie, FindsWhatAMapFinds) {
  const std::vector<std::string> words = random_words(3000);
  std::vector<PrefixTrie::Key> keys;
  std::map<std::string, std::int32_t> expected;
  for (std::size_t i = 0; i < 2000; ++i) {
    keys.push_back({words[i], static_cast<std::int32_t>(i)});
    expected[words[i]] = static_cast<std::int32_t>(i);  // the last of equal keys
  }
  const PrefixTrie trie(keys);
  for (const std::string& word : words) {
    const PrefixTrie::Node node = trie.find(word);
    const auto found = expected.find(word);
    EXPECT_EQ(node == PrefixTrie::kNone ? -1 : trie.value(node),
              found == expected.end() ? -1 : found->second);
  }
}

TEST(PrefixTrie, IsEmptyWithoutKeys) {
  const PrefixTrie trie;
  EXPECT_EQ(trie.value(PrefixTrie::kRoot), -1);
  EXPECT_EQ(trie.find("a"), PrefixTrie::kNone);
}

TEST(Vocabulary, FindsTokensAndIds) {
  Vocabulary vocabulary;
  EXPECT_EQ(vocabulary.find("a"), -1);
  std::map<std::string, std::int32_t> expected;
  for (const std::string& word : random_words(3000)) {
    const auto id = static_cast<std::int32_t>(2 * expected.size() + 5);
    if (!expected.emplace(word, id).second) continue;
    EXPECT_TRUE(vocabulary.add(word, id));
  }
  EXPECT_EQ(vocabulary.seal(), -1);
  EXPECT_EQ(vocabulary.size(), expected.size());
  for (const auto& [word, id] : expected) {
    EXPECT_EQ(vocabulary.find(word), id);
    EXPECT_EQ(vocabulary.token(id), word);
    EXPECT_EQ(vocabulary.token(id + 1), std::nullopt);
  }
  EXPECT_EQ(vocabulary.find("no such word"), -1);
  EXPECT_EQ(vocabulary.id_limit(), static_cast<std::int64_t>(2 * expected.size() + 4));
}

TEST(Vocabulary, ReportsRepeatedTokensAndIds) {
  Vocabulary vocabulary;
  EXPECT_TRUE(vocabulary.add("a", 9));
  EXPECT_TRUE(vocabulary.add("b", 3));
  EXPECT_FALSE(vocabulary.add("a", 4));
  EXPECT_EQ(vocabulary.find("a"), 4);
  EXPECT_TRUE(vocabulary.add("c", 3));
  EXPECT_EQ(vocabulary.seal(), 3);
}

TEST(MergeTable, KeepsTheLastMergeOfAPair) {
  MergeTable table;
  EXPECT_EQ(table.find(1, 2), nullptr);
  for (std::int32_t i = 0; i < 5000; ++i) table.set(i % 71, i / 71, {static_cast<std::uint32_t>(i), i});
  table.set(1, 2, {7, 8});
  for (std::int32_t i = 0; i < 5000; ++i) {
    const MergeTable::Merge* merge = table.find(i % 71, i / 71);
    ASSERT_NE(merge, nullptr);
    EXPECT_EQ(merge->id, i == 143 ? 8 : i);
  }
  EXPECT_EQ(table.find(2, 1000), nullptr);
}

}  // namespace
}  // namespace gliner
