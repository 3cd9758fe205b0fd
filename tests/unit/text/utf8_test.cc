#include "text/utf8.h"

#include <gtest/gtest.h>

#include <random>

#include "gliner/error.h"

namespace gliner {
namespace {

using namespace std::string_view_literals;

TEST(Utf8Test, EveryCodePointSurvivesARoundTrip) {
  for (char32_t cp = 0; cp <= 0x10FFFF; ++cp) {
    if (cp >= 0xD800 && cp <= 0xDFFF) continue;
    std::string text;
    append_utf8(text, cp);
    std::size_t pos = 0;
    ASSERT_EQ(next_code_point(text, pos), cp);
    ASSERT_EQ(pos, text.size());
    ASSERT_TRUE(is_valid_utf8(text)) << std::hex << static_cast<unsigned>(cp);
  }
}

struct Malformed {
  const char* why;
  std::string_view text;
  std::size_t at;
};

TEST(Utf8Test, MalformedTextIsFoundAtItsFirstByte) {
  const Malformed cases[] = {
      {"continuation alone", "a\x80"sv, 1},
      {"overlong slash in two bytes", "\xC0\xAF"sv, 0},
      {"overlong in two bytes, the last one", "\xC1\xBF"sv, 0},
      {"overlong in three bytes", "ab\xE0\x9F\xBF"sv, 2},
      {"overlong in four bytes", "\xF0\x8F\xBF\xBF"sv, 0},
      {"first surrogate", "\xED\xA0\x80"sv, 0},
      {"last surrogate", "\xED\xBF\xBF"sv, 0},
      {"surrogate pair", "x\xED\xA0\xBD\xED\xB8\x80"sv, 1},
      {"U+110000", "\xF4\x90\x80\x80"sv, 0},
      {"lead byte F5", "\xF5\x80\x80\x80"sv, 0},
      {"lead byte FF", "\xFF"sv, 0},
      {"cut after one of two", "abc\xC3"sv, 3},
      {"cut after two of three", "\xE2\x82"sv, 0},
      {"cut after three of four", "12345678\xF0\x9F\x98"sv, 8},
      {"ASCII where a continuation belongs", "\xE2\x82z"sv, 0},
      {"second sequence broken", "\xE2\x82\xAC\xE2\x28\xA1"sv, 3},
      {"behind a long ASCII run", "0123456789abcdef\xC3("sv, 16},
  };
  for (const Malformed& c : cases) {
    EXPECT_EQ(find_invalid_utf8(c.text), c.at) << c.why;
    EXPECT_FALSE(is_valid_utf8(c.text)) << c.why;
  }
  for (const std::string_view text :
       {""sv, "\0"sv, "\x7F"sv, "\xC2\x80"sv, "\xED\x9F\xBF\xEE\x80\x80"sv, "\xF4\x8F\xBF\xBF"sv}) {
    EXPECT_EQ(find_invalid_utf8(text), std::string_view::npos);
  }
}

TEST(Utf8Test, ConvertsToUtf32AndBack) {
  const std::string text = "aé東😀";
  EXPECT_EQ(to_utf32(text), U"aé東😀");
  EXPECT_EQ(to_utf8(U"aé東😀"), text);
  EXPECT_EQ(count_code_points(text), 4);
}

/// Compares the map of `text` with counts made one code point at a time.
void check_map(const std::string& text) {
  const OffsetMap map(text);
  std::int64_t chars = 0;
  std::int64_t utf16 = 0;
  for (std::size_t pos = 0;;) {
    const auto byte = static_cast<std::int64_t>(pos);
    ASSERT_EQ(map.from_byte(byte, OffsetUnit::kByte), byte);
    ASSERT_EQ(map.from_byte(byte, OffsetUnit::kCodePoint), chars);
    ASSERT_EQ(map.from_byte(byte, OffsetUnit::kUtf16), utf16);
    ASSERT_EQ(map.byte_of_char(chars), byte);
    if (pos == text.size()) break;
    const char32_t cp = next_code_point(text, pos);
    chars += 1;
    utf16 += cp > 0xFFFF ? 2 : 1;
  }
  EXPECT_EQ(map.length_chars(), chars);
}

TEST(OffsetMapTest, EqualsCountingForEveryBoundary) {
  std::mt19937 random(1);
  const char32_t alphabet[] = {U'a', U' ', U'é', U'東', U'😀', U'\U0010FFFF'};
  for (std::size_t length : {0, 1, 2, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 300}) {
    for (int round = 0; round < 8; ++round) {
      std::string text;
      // Round 0 is pure ASCII, round 1 four bytes each, so that marks fall on and between boundaries.
      for (std::size_t i = 0; i < length; ++i) {
        append_utf8(text, alphabet[round == 0 ? 0 : round == 1 ? 4 : random() % 6]);
      }
      check_map(text);
    }
  }
}

TEST(OffsetMapTest, OffsetsOutsideOfTheTextAreOurMistake) {
  for (const std::string text : {"abc", "é東c"}) {
    const OffsetMap map(text);
    const auto size = static_cast<std::int64_t>(text.size());
    EXPECT_THROW(map.from_byte(-1, OffsetUnit::kCodePoint), InternalError);
    EXPECT_THROW(map.from_byte(size + 1, OffsetUnit::kByte), InternalError);
    EXPECT_THROW(map.byte_of_char(-1), InternalError);
    EXPECT_THROW(map.byte_of_char(4), InternalError);
  }
  EXPECT_THROW(OffsetMap("é").from_byte(1, OffsetUnit::kUtf16), InternalError) << "inside of a code point";
}

TEST(Utf8, MalformedPartsBecomeOneReplacementCharacterEach) {
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(replace_invalid_utf8("naïve"), "naïve");
  EXPECT_EQ(replace_invalid_utf8("a\x80z"), "a" + mark + "z");
  EXPECT_EQ(replace_invalid_utf8("\xE2\x82z"), mark + "z") << "the beginning of a sequence is one part";
  EXPECT_EQ(replace_invalid_utf8("\xED\xA0\x80"), mark + mark + mark) << "surrogates have no beginning";
  EXPECT_EQ(replace_invalid_utf8("\xF0\x9F\x98"), mark);
  EXPECT_EQ(replace_invalid_utf8("\xFF\xC3"), mark + mark);
}

}  // namespace
}  // namespace gliner
