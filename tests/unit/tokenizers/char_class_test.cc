#include "tokenizers/char_class.h"

#include <gtest/gtest.h>

namespace gliner {
namespace {

TEST(CharClass, WhiteSpaceIsTheUnicodeProperty) {
  for (const char32_t cp : {0x09, 0x0B, 0x0D, 0x20, 0x85, 0xA0, 0x1680, 0x2007, 0x2028, 0x3000}) {
    EXPECT_TRUE(rust_is_whitespace(cp)) << std::hex << static_cast<unsigned>(cp);
  }
  // Python's str.isspace() has the first, older Unicode versions the second.
  for (const char32_t cp : {0x1C, 0x180E, 0x200B, 0xFEFF, 0x61}) {
    EXPECT_FALSE(rust_is_whitespace(cp)) << std::hex << static_cast<unsigned>(cp);
  }
}

TEST(CharClass, NumericHasAllThreeCategories) {
  EXPECT_TRUE(rust_is_numeric(U'7'));
  EXPECT_TRUE(rust_is_numeric(U'\u0663'));  // Nd
  EXPECT_TRUE(rust_is_numeric(U'\u2167'));  // Nl
  EXPECT_TRUE(rust_is_numeric(U'\u00BD'));  // No
  EXPECT_FALSE(rust_is_numeric(U'\u4E00'));
}

TEST(CharClass, WordHasMarksAndJoinersButNoFractions) {
  EXPECT_TRUE(rust_is_word(U'_'));
  EXPECT_TRUE(rust_is_word(U'\u0301'));
  EXPECT_TRUE(rust_is_word(U'\u200D'));
  EXPECT_TRUE(rust_is_word(U'\u24B6'));
  EXPECT_FALSE(rust_is_word(U'\u00BD'));
  EXPECT_FALSE(rust_is_word(U'-'));
}

TEST(CharClass, LowerCaseNeedsNoContext) {
  EXPECT_EQ(rust_lower(U'Q').first, U'q');
  EXPECT_EQ(rust_lower(U'\u03A3').first, U'\u03C3');  // no final sigma
  EXPECT_EQ(rust_lower(U'\u1E9E').first, U'\u00DF');
  EXPECT_EQ(rust_lower(U'\u0130').first, U'i');
  EXPECT_EQ(rust_lower(U'\u0130').second, U'\u0307');
  EXPECT_EQ(rust_lower(U'\u00DF').second, U'\0');
}

TEST(CharClass, PunctuationIsAsciiOrCategoryPOfUnicode8) {
  EXPECT_TRUE(bert_is_punctuation(U'$'));
  EXPECT_TRUE(bert_is_punctuation(U'~'));
  EXPECT_TRUE(bert_is_punctuation(U'\u2014'));
  EXPECT_TRUE(bert_is_punctuation(U'\u166D'));   // So since 12.0
  EXPECT_FALSE(bert_is_punctuation(U'\u20AC'));  // a symbol
  EXPECT_FALSE(bert_is_punctuation(U'\u2E43'));  // new in 9.0
  EXPECT_FALSE(bert_is_punctuation(U'a'));
}

TEST(CharClass, ControlIsCcCfCoOfUnicode8) {
  EXPECT_TRUE(bert_is_control(U'\x01'));
  EXPECT_TRUE(bert_is_control(U'\x7F'));
  EXPECT_TRUE(bert_is_control(U'\u200B'));
  EXPECT_TRUE(bert_is_control(U'\uE000'));
  EXPECT_FALSE(bert_is_control(U'\t'));
  EXPECT_FALSE(bert_is_control(U'\u0378'));      // unassigned
  EXPECT_FALSE(bert_is_control(U'\u08E2'));      // Cf, new in 9.0
  EXPECT_FALSE(bert_is_control(U'\U0001F970'));  // an emoji of 11.0
}

TEST(CharClass, ChineseHasTheGapsOfTheRustTable) {
  EXPECT_TRUE(bert_is_chinese(U'\u3400'));
  EXPECT_TRUE(bert_is_chinese(U'\u9FFF'));
  EXPECT_TRUE(bert_is_chinese(U'\U00020000'));
  EXPECT_TRUE(bert_is_chinese(U'\U0002B920'));
  EXPECT_FALSE(bert_is_chinese(U'\u4DC0'));
  EXPECT_FALSE(bert_is_chinese(U'\U0002B820'));  // left out there, though the block begins here
  EXPECT_FALSE(bert_is_chinese(U'\u3042'));
}

TEST(CharClass, AccentsFollowTheirTables) {
  EXPECT_TRUE(bert_is_accent(U'\u0301'));
  EXPECT_FALSE(bert_is_accent(U'\u0903'));  // spacing
  EXPECT_TRUE(bert_is_accent(U'\u1734'));   // Mc since 14.0
  EXPECT_FALSE(bert_is_accent(U'\u1885'));  // Lo in 8.0
  EXPECT_FALSE(bert_is_accent(U'\u08D4'));  // new in 9.0
  EXPECT_TRUE(is_combining_mark(U'\u08D4'));
  EXPECT_TRUE(is_combining_mark(U'\u0903'));
  EXPECT_TRUE(is_combining_mark(U'\u1CF2'));   // Lo since 12.0
  EXPECT_FALSE(is_combining_mark(U'\u07FD'));  // new in 11.0
}

}  // namespace
}  // namespace gliner
