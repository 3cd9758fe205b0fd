#include "tokenizers/regex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tokenizers/onig_syntax.h"

namespace gliner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What the pattern matches in the text, from left to right.
std::vector<std::string> found(const std::string& pattern, const std::string& text) {
  std::vector<std::string> parts;
  for (const Match& match : Regex::oniguruma(pattern).find_all(text)) {
    if (match.is_match) parts.push_back(text.substr(match.begin, match.end - match.begin));
  }
  return parts;
}

std::string refusal(const std::string& pattern) {
  try {
    Regex::oniguruma(pattern);
    ADD_FAILURE() << "was not refused: " << pattern;
  } catch (const PatternError& error) {
    return error.what();
  }
  return {};
}

TEST(Regex, CoversTheTextInOrder) {
  const std::vector<Match> matches = Regex::oniguruma("b+").find_all("abbab");
  ASSERT_EQ(matches.size(), 4u);
  std::size_t end = 0;
  for (std::size_t i = 0; i < matches.size(); ++i) {
    EXPECT_EQ(matches[i].begin, end);
    EXPECT_EQ(matches[i].is_match, i % 2 == 1);
    end = matches[i].end;
  }
  EXPECT_EQ(end, 5u);
  EXPECT_THAT(Regex::oniguruma("x").find_all(""), IsEmpty());
}

TEST(Regex, FindsEmptyMatchesButNotBehindAMatch) {
  EXPECT_THAT(found("x*", "axb"), ElementsAre("", "x", ""));
  EXPECT_THAT(found("", "\u00e9b"), ElementsAre("", "", ""));
  EXPECT_THAT(found("(?=b)", "abb"), ElementsAre("", ""));
}

TEST(Regex, LiteralTextHasNoMetaCharacters) {
  const std::vector<Match> matches = Regex::literal("a.+").find_all("aab a.+");
  ASSERT_EQ(matches.size(), 2u);
  EXPECT_EQ(matches[1].begin, 4u);
  EXPECT_TRUE(matches[1].is_match);
}

TEST(Regex, ShorthandsAreUnicode) {
  EXPECT_THAT(found("\\w+", "caf\u00e9\u0301_1 \u00b2-\u24b6"),
              ElementsAre("caf\u00e9\u0301_1", "\u00b2", "\u24b6"));
  EXPECT_THAT(found("[\\w]+", "a\u00b2b"), ElementsAre("a", "b"));  // as Oniguruma has it
  EXPECT_THAT(found("\\d", "1\u0663\u00bd"), ElementsAre("1", "\u0663"));
  EXPECT_THAT(found("\\s", "a\u00a0\u3000\u200b\x1c\n"), ElementsAre("\u00a0", "\u3000", "\n"));
  EXPECT_THAT(found("\\h+", "xyz09afAF"), ElementsAre("09afAF"));
  EXPECT_THAT(found("\\W", "a-\u00e9"), ElementsAre("-"));
  EXPECT_THAT(found("a\\b.\\B.", "a-=a b"), ElementsAre("a-="));
}

TEST(Regex, PropertiesAndPosixClasses) {
  EXPECT_THAT(found("\\p{L}+", "ab1\u6771"), ElementsAre("ab", "\u6771"));
  EXPECT_THAT(found("\\p{^L}", "a1"), ElementsAre("1"));
  EXPECT_THAT(found("\\P{Lu}", "aB"), ElementsAre("a"));
  EXPECT_THAT(found("\\p{Han}+", "\u6771\u30fc\u4eac\u3002"),
              ElementsAre("\u6771", "\u4eac"));  // no extensions
  EXPECT_THAT(found("[[:punct:]]", "a+\u20ac."), ElementsAre("+", "\u20ac", "."));
  EXPECT_THAT(found("[[:^space:]x]+", " ab x"), ElementsAre("ab", "x"));
}

TEST(Regex, ClassesNestAndIntersect) {
  EXPECT_THAT(found("[a-w&&[^c-g]z]+", "abchwzx"), ElementsAre("ab", "hw"));
  EXPECT_THAT(found("[^a[bc]]", "abcd"), ElementsAre("d"));
  EXPECT_THAT(found("[a[^b-z]]+", "ab1"), ElementsAre("a", "1"));
  EXPECT_THAT(found("[]a-]+", "-]ab"), ElementsAre("-]a"));
  EXPECT_THAT(found("[^(\\s|[.,])]+", "a b,c(d"), ElementsAre("a", "b", "c", "d"));
}

TEST(Regex, AnchorsWorkAtEveryLine) {
  EXPECT_THAT(found("^.", "ab\ncd\n"), ElementsAre("a", "c"));
  EXPECT_THAT(found(".$", "ab\ncd\n"), ElementsAre("b", "d"));
  EXPECT_THAT(found("\\A.|.\\z", "ab\ncd"), ElementsAre("a", "d"));
  EXPECT_THAT(found("(?m)a.b", "a\nb"), ElementsAre("a\nb"));
  EXPECT_THAT(found("a.b", "a\nb"), IsEmpty());
}

TEST(Regex, OptionsReachToTheEndOfTheirGroup) {
  EXPECT_THAT(found("x(?i)a|b", "xAB xb b"), ElementsAre("xA", "xb"));
  EXPECT_THAT(found("(?i:'s|'T)", "'S't's'\u017f"), ElementsAre("'S", "'t", "'s", "'\u017f"));
  EXPECT_THAT(found("(a(?i)b)c", "aBc aBC"), ElementsAre("aBc"));
}

TEST(Regex, QuantifiersFollowOniguruma) {
  EXPECT_THAT(found("a{,2}b", "aaab"), ElementsAre("aab"));
  EXPECT_THAT(found("a{2}?b", "b aab"), ElementsAre("b", "aab"));  // optional, not lazy
  EXPECT_THAT(found("a{1,2}+a", "aaa"), ElementsAre("aaa"));       // repeated, not possessive
  EXPECT_THAT(found("a++a", "aaa"), IsEmpty());                    // possessive
  EXPECT_THAT(found("a+?", "aa"), ElementsAre("a", "a"));
  EXPECT_THAT(found("a{x}", "a{x}"), ElementsAre("a{x}"));
}

TEST(Regex, LooksBehindTheStartOfASearch) {
  EXPECT_THAT(found("(?<!\\s)b", "ab b"), ElementsAre("b"));
  EXPECT_THAT(found("\\s+(?!\\S)|\\s+", "a   b  "), ElementsAre("  ", " ", "  "));
}

TEST(Regex, RefusesWhatItCannotTranslate) {
  EXPECT_THAT(refusal("(a"), HasSubstr("group without ')' at byte 2"));
  EXPECT_THAT(refusal("a)"), HasSubstr("unmatched ')'"));
  EXPECT_THAT(refusal("*a"), HasSubstr("nothing to repeat"));
  EXPECT_THAT(refusal("[a"), HasSubstr("class without ']'"));
  EXPECT_THAT(refusal("\\p{Nonsense}"), HasSubstr("unknown property"));
  EXPECT_THAT(refusal("\\p{L"), HasSubstr("without '}'"));
  EXPECT_THAT(refusal("(?i)\\p{Lu}"), HasSubstr("under (?i)"));
  EXPECT_THAT(refusal("(?i)ss"), HasSubstr("under (?i)"));
  EXPECT_THAT(refusal("(?i)\u00df"), HasSubstr("under (?i)"));
  for (const char* pattern :
       {"(a)\\1",  "\\k<n>",      "\\X",       "\\G",   "\\K",   "(?x)a b",  "(?~a)",  "(?(1)a)",
        "(*FAIL)", "\\x{110000}", "\\x{d800}", "\\xe9", "[z-a]", "[\\w-z]",  "a{3,1}", "a\\",
        "\\q",     "[\\R]",       "(?<a",      "(?#a",  "\\p{}", "(?<=a+)b", "\\C"}) {
    refusal(pattern);
  }
  refusal(std::string(100'000, '('));
  refusal(std::string(100'000, '['));
  refusal("a" + std::string(100'000, '*'));
}

}  // namespace
}  // namespace gliner
