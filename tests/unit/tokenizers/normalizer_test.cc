#include "tokenizers/normalizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_tokenizers.h"

namespace gliner {
namespace {

Piece apply(const std::string& section, const std::string& text) {
  const Json json = Json::parse(section);
  Piece piece{text, true};
  make_normalizer(JsonSection(json, "t.json", "normalizer"))->apply(piece);
  return piece;
}
std::string normalized(const std::string& section, const std::string& text) {
  return apply(section, text).text;
}
bool keeps_origin(const std::string& section, const std::string& text) {
  return apply(section, text).at_origin;
}

std::string bert(const char* clean_text, const char* chinese, const char* accents, const char* lowercase) {
  return std::string(R"({"type": "BertNormalizer", "clean_text": )") + clean_text +
         R"(, "handle_chinese_chars": )" + chinese + R"(, "strip_accents": )" + accents +
         R"(, "lowercase": )" + lowercase + "}";
}

TEST(Normalizer, UnicodeFormsStopAtUnicode9) {
  EXPECT_EQ(normalized(R"({"type": "NFC"})", "e\u0301"), "\u00e9");
  EXPECT_EQ(normalized(R"({"type": "NFD"})", "\u00e9"), "e\u0301");
  EXPECT_EQ(normalized(R"({"type": "NFKC"})", "\ufb01\uff21"), "fiA");
  EXPECT_EQ(normalized(R"({"type": "NFKD"})", "\u00bd"), "1\u20442");
  EXPECT_EQ(normalized(R"({"type": "NFKC"})", "\u32ff"), "\u32ff");         // has a decomposition since 12.1
  EXPECT_EQ(normalized(R"({"type": "NFD"})", "\U00011938"), "\U00011938");  // likewise since 13.0
}

TEST(Normalizer, LowercaseGoesByCharacter) {
  EXPECT_EQ(normalized(R"({"type": "Lowercase"})", "ABC \u0130 \u039f\u03a3"), "abc i\u0307 \u03bf\u03c3");
}

TEST(Normalizer, StripTakesWhiteSpaceFromTheSidesAskedFor) {
  const std::string both = R"({"type": "Strip", "strip_left": true, "strip_right": true})";
  EXPECT_EQ(normalized(both, " \u3000a b\t\n"), "a b");
  EXPECT_EQ(normalized(both, " \t "), "");
  EXPECT_EQ(normalized(R"({"type": "Strip", "strip_left": false, "strip_right": true})", " a "), " a");
  EXPECT_EQ(normalized(R"({"type": "Strip", "strip_left": true, "strip_right": false})", " a "), "a ");
}

TEST(Normalizer, StripAccentsDropsMarksWithoutDecomposing) {
  EXPECT_EQ(normalized(R"({"type": "StripAccents"})", "e\u0301\u00e9\u0903"), "e\u00e9");
}

TEST(Normalizer, ReplaceTakesTextOrPattern) {
  EXPECT_EQ(normalized(R"({"type": "Replace", "pattern": {"String": "a."}, "content": "-"})", "a.ab"), "-ab");
  EXPECT_EQ(normalized(R"({"type": "Replace", "pattern": {"Regex": "\\s{2,}|[\\n\\r\\t]"}, "content": " "})",
                       "a  b\nc\u00a0 d"),
            "a b c d");
  EXPECT_EQ(normalized(R"({"type": "Replace", "pattern": {"String": ""}, "content": "x"})", "ab"), "xaxbx");
}

TEST(Normalizer, PrependLeavesEmptyTextAlone) {
  EXPECT_EQ(normalized(R"({"type": "Prepend", "prepend": "\u2581"})", "a"),
            "\u2581"
            "a");
  EXPECT_EQ(normalized(R"({"type": "Prepend", "prepend": "\u2581"})", ""), "");
}

TEST(Normalizer, NmtDropsControlsAndTurnsOddSpacesIntoBlanks) {
  EXPECT_EQ(normalized(R"({"type": "Nmt"})",
                       "a\x01"
                       "b\tc\u200bd\u2581\x7f\u00a0"),
            "ab c d \u00a0");
}

TEST(Normalizer, BertCleansSeparatesStripsAndLowers) {
  EXPECT_EQ(normalized(bert("true", "true", "null", "true"), "\u00c9a\x01\t\u6771\ufffd"), "ea  \u6771 ");
  EXPECT_EQ(normalized(bert("true", "true", "null", "false"), "\u00c9a"), "\u00c9a");
  EXPECT_EQ(normalized(bert("true", "true", "true", "false"), "\u00c9a"), "Ea");
  EXPECT_EQ(normalized(bert("true", "false", "false", "true"), "\u00c9\u6771"), "\u00e9\u6771");
  EXPECT_EQ(normalized(bert("false", "false", "false", "false"), "\x01\u00a0"), "\x01\u00a0");
}

TEST(Normalizer, ByteLevelSpellsBytes) {
  EXPECT_EQ(normalized(R"({"type": "ByteLevel"})", "a \u00e9\n"), "a\u0120\u00c3\u00a9\u010a");
}

TEST(Normalizer, SequenceAppliesItsPartsInOrder) {
  EXPECT_EQ(normalized(R"({"type": "Sequence", "normalizers": [{"type": "NFD"}, {"type": "StripAccents"},
                                                               {"type": "Lowercase"}]})",
                       "\u00c9"),
            "e");
}

TEST(Normalizer, KnowsWhetherTheTextStillBeginsAtItsOrigin) {
  const std::string strip = R"({"type": "Strip", "strip_left": true, "strip_right": true})";
  EXPECT_TRUE(keeps_origin(strip, "a "));
  EXPECT_FALSE(keeps_origin(strip, " a"));
  EXPECT_FALSE(keeps_origin(R"({"type": "Nmt"})",
                            "\x01"
                            "a"));
  EXPECT_TRUE(keeps_origin(R"({"type": "Nmt"})", "a\x01"));
  EXPECT_TRUE(keeps_origin(R"({"type": "Prepend", "prepend": "x"})", "a"));
  const auto replace = [](const char* pattern, const char* content) {
    return std::string(R"({"type": "Replace", "pattern": {"Regex": ")") + pattern + R"("}, "content": ")" +
           content + "\"}";
  };
  EXPECT_TRUE(keeps_origin(replace("a", "b"), "aa"));
  EXPECT_FALSE(keeps_origin(replace("a+", "b"), "aa"));
  EXPECT_FALSE(keeps_origin(replace("a", ""), "ab"));
  EXPECT_TRUE(keeps_origin(replace("b", ""), "ab"));
  EXPECT_TRUE(keeps_origin(replace("^", "x"), "ab"));
}

}  // namespace
}  // namespace gliner
