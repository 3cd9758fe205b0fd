#include "tokenizers/pre_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_tokenizers.h"

namespace gliner {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::vector<std::string> split(const std::string& section, const std::string& text, bool at_origin = true) {
  const Json json = Json::parse(section);
  std::vector<Piece> pieces = {{text, at_origin}};
  make_pre_tokenizer(JsonSection(json, "t.json", "pre_tokenizer"))->split(pieces);
  std::vector<std::string> parts;
  for (const Piece& piece : pieces) parts.push_back(piece.text);
  return parts;
}

TEST(PreTokenizer, BertDropsSpaceAndIsolatesPunctuation) {
  const std::string bert = R"({"type": "BertPreTokenizer"})";
  EXPECT_THAT(split(bert, " a  b.c\u2014\u3000$d"), ElementsAre("a", "b", ".", "c", "\u2014", "$", "d"));
  EXPECT_THAT(split(bert, " \n"), IsEmpty());
}

TEST(PreTokenizer, WhitespaceSeparatesWordsFromTheRest) {
  EXPECT_THAT(split(R"({"type": "Whitespace"})", "a_1 b--c\u0301\t!"),
              ElementsAre("a_1", "b", "--", "c\u0301", "!"));
  EXPECT_THAT(split(R"({"type": "WhitespaceSplit"})", " a-b \u00a0c"), ElementsAre("a-b", "c"));
}

TEST(PreTokenizer, PunctuationAndDigitsObeyTheirBehavior) {
  EXPECT_THAT(split(R"({"type": "Punctuation"})", "a..b"), ElementsAre("a", ".", ".", "b"));
  EXPECT_THAT(split(R"({"type": "Punctuation", "behavior": "Contiguous"})", "a..b"),
              ElementsAre("a", "..", "b"));
  EXPECT_THAT(split(R"({"type": "Digits", "individual_digits": false})", "a12\u00bdb"),
              ElementsAre("a", "12\u00bd", "b"));
  EXPECT_THAT(split(R"({"type": "Digits", "individual_digits": true})", "a12"), ElementsAre("a", "1", "2"));
}

TEST(PreTokenizer, SplitHasFiveBehaviors) {
  const auto behave = [](const std::string& behavior) {
    return split(
        R"({"type": "Split", "pattern": {"String": "-"}, "invert": false, "behavior": ")" + behavior + "\"}",
        "the-final--countdown");
  };
  EXPECT_THAT(behave("Removed"), ElementsAre("the", "final", "countdown"));
  EXPECT_THAT(behave("Isolated"), ElementsAre("the", "-", "final", "-", "-", "countdown"));
  EXPECT_THAT(behave("MergedWithPrevious"), ElementsAre("the-", "final-", "-", "countdown"));
  EXPECT_THAT(behave("MergedWithNext"), ElementsAre("the", "-final", "-", "-countdown"));
  EXPECT_THAT(behave("Contiguous"), ElementsAre("the", "-", "final", "--", "countdown"));
}

TEST(PreTokenizer, SplitCanBeInverted) {
  EXPECT_THAT(
      split(R"({"type": "Split", "pattern": {"Regex": "\\w+"}, "behavior": "Removed", "invert": true})",
            "a, b"),
      ElementsAre("a", "b"));
}

TEST(PreTokenizer, ByteLevelUsesThePatternOfGpt2) {
  const std::string bytes = R"({"type": "ByteLevel", "add_prefix_space": true, "trim_offsets": true)";
  EXPECT_THAT(split(bytes + "}", "I'll  go"), ElementsAre("\u0120I", "'ll", "\u0120", "\u0120go"));
  EXPECT_THAT(split(bytes + "}", " a\u00e9"), ElementsAre("\u0120a\u00c3\u00a9"));
  EXPECT_THAT(split(bytes + R"(, "use_regex": false})", "a b"), ElementsAre("\u0120a\u0120b"));
}

TEST(PreTokenizer, MetaspacePrependsByItsScheme) {
  const auto metaspace = [](const std::string& more) {
    return R"({"type": "Metaspace", "replacement": "_")" + more + "}";
  };
  EXPECT_THAT(split(metaspace(""), "a b  c"), ElementsAre("_a", "_b", "_", "_c"));
  EXPECT_THAT(split(metaspace(""), " a"), ElementsAre("_a"));
  EXPECT_THAT(split(metaspace(R"(, "prepend_scheme": "first")"), "a"), ElementsAre("_a"));
  EXPECT_THAT(split(metaspace(R"(, "prepend_scheme": "first")"), "a", false), ElementsAre("a"));
  EXPECT_THAT(split(metaspace(R"(, "prepend_scheme": "never", "split": false)"), "a b"), ElementsAre("a_b"));
  EXPECT_THAT(split(metaspace(R"(, "add_prefix_space": true, "str_rep": "_")"), "a"), ElementsAre("_a"));
  EXPECT_THAT(split(metaspace(R"(, "add_prefix_space": false, "prepend_scheme": "never")"), "a"),
              ElementsAre("a"));
}

TEST(PreTokenizer, SequenceKnowsWhichPieceIsFirst) {
  EXPECT_THAT(split(R"({"type": "Sequence", "pretokenizers": [{"type": "WhitespaceSplit"},
                        {"type": "Metaspace", "replacement": "_", "prepend_scheme": "first"}]})",
                    "a b"),
              ElementsAre("_a", "b"));
}

TEST(PreTokenizer, DelimiterAndFixedLength) {
  EXPECT_THAT(split(R"({"type": "CharDelimiterSplit", "delimiter": "\u00e9"})", "a\u00e9\u00e9b"),
              ElementsAre("a", "b"));
  EXPECT_THAT(split(R"({"type": "FixedLength", "length": 2})", "\u00e9bc"), ElementsAre("\u00e9b", "c"));
  EXPECT_THAT(split(R"({"type": "FixedLength"})", "abcdef"), ElementsAre("abcde", "f"));
}

}  // namespace
}  // namespace gliner
