#include "tokenizers/added_tokens.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_tokenizers.h"

namespace gliner {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Vocabulary small_vocabulary() {
  Vocabulary vocabulary;
  vocabulary.add("?", 0);
  vocabulary.add("known", 7);
  vocabulary.seal();
  return vocabulary;
}

// Parts as text, added tokens as "<id:text>".
std::vector<std::string> split(const std::vector<AddedToken>& tokens, const std::string& text,
                               AddedTokens::Stage stage = AddedTokens::Stage::kRaw) {
  AddedTokens added("t.json");
  added.add(tokens, small_vocabulary(), nullptr);
  std::vector<std::string> parts;
  for (const AddedTokens::Part& part : added.split(text, stage)) {
    const std::string slice = text.substr(part.begin, part.end - part.begin);
    parts.push_back(part.id < 0 ? slice : "<" + std::to_string(part.id) + ":" + slice + ">");
  }
  return parts;
}

TEST(AddedTokens, FindsTheLeftmostThenLongest) {
  EXPECT_THAT(split({{"ab"}, {"abc"}, {"bcd"}}, "xabcdab"), ElementsAre("x", "<3:abc>", "d", "<2:ab>"));
  EXPECT_THAT(split({{"ab"}}, "cd"), ElementsAre("cd"));
  EXPECT_THAT(split({{"ab"}}, ""), IsEmpty());
  EXPECT_THAT(split({{"abcd"}, {"b"}}, "abcb"), ElementsAre("a", "<3:b>", "c", "<3:b>"));
}

TEST(AddedTokens, SingleWordsStandAlone) {
  AddedToken word{"foo"};
  word.single_word = true;
  EXPECT_THAT(split({word}, "foo foobar \u00e9foo foo_ (foo)"),
              ElementsAre("<2:foo>", " foobar \u00e9foo foo_ (", "<2:foo>", ")"));
}

TEST(AddedTokens, SwallowWhiteSpaceButNotTwice) {
  AddedToken mask{"[M]"};
  mask.lstrip = mask.rstrip = true;
  EXPECT_THAT(split({mask}, "a \t[M]\u3000 [M] b"), ElementsAre("a", "<2: \t[M]\u3000 >", "<2:[M] >", "b"));
  AddedToken left{"[L]"};
  left.lstrip = true;
  EXPECT_THAT(split({left}, " [L] [L]x"), ElementsAre("<2: [L]>", "<2: [L]>", "x"));
}

TEST(AddedTokens, BelongToOneStage) {
  AddedToken normalized{"n"};
  normalized.normalized = true;
  EXPECT_THAT(split({{"r"}, normalized}, "rn"), ElementsAre("<2:r>", "n"));
  EXPECT_THAT(split({{"r"}, normalized}, "rn", AddedTokens::Stage::kNormalized), ElementsAre("r", "<3:n>"));
}

TEST(AddedTokens, GetTheIdsBehindVocabularyAndEachOther) {
  AddedTokens added("t.json");
  const Vocabulary vocabulary = small_vocabulary();
  added.add({{"x"}, {"known"}, {""}, {"y"}}, vocabulary, nullptr);
  EXPECT_EQ(added.find("x"), 2);
  EXPECT_EQ(added.find("known"), 7);
  EXPECT_EQ(added.find("y"), 3);
  EXPECT_EQ(added.find(""), -1);
  EXPECT_EQ(added.count_outside(vocabulary), 2);
  added.add({{"y"}, {"z"}}, vocabulary, nullptr);
  EXPECT_EQ(added.find("y"), 3);
  EXPECT_EQ(added.find("z"), 8);  // behind the largest added id
  EXPECT_EQ(added.id_limit(), 9);
  EXPECT_EQ(*added.content(8), "z");
  EXPECT_EQ(added.content(4), nullptr);
}

TEST(AddedTokens, AddedAgainTakeTheNewFlags) {
  AddedTokens added("t.json");
  AddedToken token{"t"};
  added.add({token}, small_vocabulary(), nullptr);
  token.rstrip = true;
  added.add({token}, small_vocabulary(), nullptr);
  const auto parts = added.split("t  x", AddedTokens::Stage::kRaw);
  ASSERT_EQ(parts.size(), 2u);
  EXPECT_EQ(parts[0].end, 3u);
}

TEST(AddedTokens, AreSearchedInTheirNormalizedForm) {
  const Tokenizer t =
      testing::FileText{
          R"({"type": "WordLevel", "unk_token": "?", "vocab": {"?": 0, "a": 1}})", R"({"type": "Lowercase"})",
          R"({"type": "WhitespaceSplit"})", "",
          R"([{"id": 2, "content": "Day", "single_word": false, "lstrip": false, "rstrip": false, "normalized": true,
           "special": false},
          {"id": 3, "content": "RAW", "single_word": false, "lstrip": false, "rstrip": false, "normalized": false,
           "special": true}])"}
          .tokenizer();
  EXPECT_THAT(t.tokens("a monDAY RAW raw"), ElementsAre("a", "?", "day", "RAW", "?"));
  // The way over token strings loses it: there is no entry "day".
  EXPECT_THAT(t.encode("a DAY RAW"), ElementsAre(1, 0, 3));
  EXPECT_THAT(t.encode_words({"DAY"}, false).ids, ElementsAre(2));
}

}  // namespace
}  // namespace gliner
