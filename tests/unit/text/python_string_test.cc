#include "text/python_string.h"

#include <gtest/gtest.h>

#include <utility>

namespace gliner {
namespace {

using namespace std::string_view_literals;

TEST(PythonStringTest, LowersAsciiAndCasedScripts) {
  EXPECT_EQ(py_lower("Hello, WORLD 42"), "hello, world 42");
  EXPECT_EQ(py_lower("ÀÉÎ ЯЖ ΑΒΓ Ⴀ ⒶⅧ ẞ"), "àéî яж αβγ ⴀ ⓐⅷ ß");
  EXPECT_EQ(py_lower("東京 ١٢ ß ı"), "東京 ١٢ ß ı");
  EXPECT_EQ(py_lower(""), "");
}

TEST(PythonStringTest, DottedCapitalIBecomesTwoCodePoints) {
  EXPECT_EQ(py_lower("İSTANBUL"), "i\u0307stanbul");
}

TEST(PythonStringTest, SigmaIsFinalBehindALetterAndBeforeNone) {
  const std::pair<const char*, const char*> cases[] = {
      {"Σ", "σ"},
      {"ΑΣ", "ας"},
      {"ΑΣΑ", "ασα"},
      {"ΣΣΣ", "σσς"},
      {"ΟΔΥΣΣΕΥΣ ΚΑΙ", "οδυσσευς και"},
      {"1Σ", "1σ"},
      {"Α1Σ", "α1σ"},
      {"ΑΣ1", "ας1"},
      {"Α.Σ", "α.ς"},    // the dot is case-ignorable
      {"ΑΣ.Α", "ασ.α"},  // and so is this one
      {"ΑΣ'", "ας'"},
      {"ΑΣ' Α", "ας' α"},
      {"Α\u0301Σ", "α\u0301ς"},  // accents are skipped
      {"ΑΣ\u0301Α", "ασ\u0301α"},
      {"\u0345Σ", "\u0345σ"},  // cased and case-ignorable: skipped
      {"Α\u00ADΣ", "α\u00ADς"},
  };
  for (const auto& [text, lower] : cases) EXPECT_EQ(py_lower(text), lower) << text;
}

TEST(PythonStringTest, StripsEverySpaceOfPython) {
  EXPECT_EQ(
      py_strip(" \t\n\v\f\r\x1C\x1D\x1E\x1F\u0085\u00A0\u1680\u2003\u2028\u2029\u202F\u205F\u3000x y\u3000 "),
      "x y");
  EXPECT_EQ(py_strip("\u200Bx\uFEFF"), "\u200Bx\uFEFF");
  EXPECT_EQ(py_strip(" \u2003 "), "");
  EXPECT_EQ(py_strip(""), "");
  const std::string_view text = " a ";
  EXPECT_EQ(py_strip(text).data(), text.data() + 1);
}

TEST(PythonStringTest, ReprChoosesQuotesAndEscapes) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {"", "''"},
      {"it", "'it'"},
      {"it's", "\"it's\""},
      {"\"x\"", "'\"x\"'"},
      {"it's \"x\"", "'it\\'s \"x\"'"},
      {"a\\b", "'a\\\\b'"},
      {"\t\n\r\0\x1B\x7F"sv, "'\\t\\n\\r\\x00\\x1b\\x7f'"},
      {"é東😀", "'é東😀'"},
      {"\u0085\u00A0\u00AD", "'\\x85\\xa0\\xad'"},
      {"\u200B\u2028\uE000", "'\\u200b\\u2028\\ue000'"},
      {"\U000E0001\U0010FFFF", "'\\U000e0001\\U0010ffff'"},
  };
  for (const auto& [text, repr] : cases) EXPECT_EQ(py_repr(text), repr);
}

}  // namespace
}  // namespace gliner
