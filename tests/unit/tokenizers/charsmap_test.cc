#include "tokenizers/charsmap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "test_tokenizers.h"
#include "tokenizers/grapheme.h"

namespace gliner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> graphemes(const std::string& text) {
  std::vector<std::string> parts;
  for (std::size_t pos = 0; pos < text.size();) {
    const std::size_t end = grapheme_end(text, pos);
    parts.push_back(text.substr(pos, end - pos));
    pos = end;
  }
  return parts;
}

TEST(Grapheme, FollowsTheRulesOfUax29) {
  EXPECT_THAT(graphemes("ab\r\n\n"), ElementsAre("a", "b", "\r\n", "\n"));
  EXPECT_THAT(graphemes("e\u0301\u0302x\u200d"), ElementsAre("e\u0301\u0302", "x\u200d"));
  EXPECT_THAT(graphemes("\n\u0301"), ElementsAre("\n", "\u0301"));
  EXPECT_THAT(graphemes("\u1100\u1161\u11a8\uac00\u11a8\u11a8\u1161"),
              ElementsAre("\u1100\u1161\u11a8", "\uac00\u11a8\u11a8", "\u1161"));
  EXPECT_THAT(graphemes("\U0001F1E9\U0001F1EA\U0001F1EB"), ElementsAre("\U0001F1E9\U0001F1EA", "\U0001F1EB"));
  EXPECT_THAT(graphemes("\U0001F468\u200d\U0001F469\u200d\u0301\U0001F467"),
              ElementsAre("\U0001F468\u200d\U0001F469\u200d\u0301", "\U0001F467"));
  EXPECT_THAT(graphemes("\u2764\ufe0f\u200d\U0001F525a\u200d\U0001F525"),
              ElementsAre("\u2764\ufe0f\u200d\U0001F525", "a\u200d", "\U0001F525"));
  EXPECT_THAT(graphemes("\u0600a\u0915\u093f"), ElementsAre("\u0600a", "\u0915\u093f"));
}

// A double array written by hand: one block of 256 units, in which the root reaches each child at the unit of
// its byte, and a leaf of the child at the unit that its offset names.
class Blob {
 public:
  Blob() : units_(256, 0) { units_[0] = 0; }

  // A replacement for one byte; its value stands in unit `value_unit`.
  Blob& map(unsigned char byte, std::uint32_t value_unit, std::uint32_t value) {
    units_[byte] = byte | 1U << 8 | (byte ^ value_unit) << 10;
    units_[value_unit] = 1U << 31 | value;
    return *this;
  }
  Blob& set(std::size_t unit, std::uint32_t bits) {
    units_[unit] = bits;
    return *this;
  }
  Blob& replacements(std::string text) {
    replacements_ = std::move(text);
    return *this;
  }
  Blob& declared_bytes(std::uint32_t bytes) {
    declared_ = bytes;
    return *this;
  }

  std::string bytes() const {
    std::string out;
    const auto add = [&](std::uint32_t word) {
      for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(word >> shift & 0xFF);
    };
    add(declared_ != 0 ? declared_ : static_cast<std::uint32_t>(units_.size() * 4));
    for (const std::uint32_t unit : units_) add(unit);
    return out + replacements_;
  }

 private:
  std::vector<std::uint32_t> units_;
  std::string replacements_ = std::string("xy\0\0", 4);
  std::uint32_t declared_ = 0;
};

std::string base64(const std::string& bytes) {
  static constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t bits = 0;
    for (std::size_t k = 0; k < 3; ++k) {
      bits = bits << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
    }
    for (std::size_t k = 0; k < 4; ++k) {
      out += i + k > bytes.size() ? '=' : kAlphabet[bits >> (18 - 6 * k) & 63];
    }
  }
  return out;
}

Charsmap read(const std::string& encoded) {
  const Json json = {{"type", "Precompiled"}, {"precompiled_charsmap", encoded}};
  return Charsmap::read(JsonSection(json, "t.json", "normalizer"));
}

std::string refusal(const std::string& encoded) {
  try {
    read(encoded);
    ADD_FAILURE() << "was not refused";
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(), HasSubstr("t.json: normalizer: \"precompiled_charsmap\": "));
    return error.what();
  }
  return {};
}

TEST(Charsmap, ReplacesWhatItKnows) {
  const Charsmap map = read(base64(Blob().map('a', 1, 0).map('b', 2, 1).map('c', 3, 3).bytes()));
  EXPECT_EQ(map.normalize("abcd\u00e9"), "xyyd\u00e9");
  EXPECT_EQ(map.normalize(std::string("a\0b", 3)), std::string("xy\0y", 4));
  EXPECT_EQ(map.normalize(""), "");
}

TEST(Charsmap, ReplacesAShortClusterByItsShortestKnownPrefix) {
  const Charsmap map = read(base64(Blob().map('a', 1, 0).bytes()));
  EXPECT_EQ(map.normalize("a\u0301"), "xy");                                // 3 bytes: the mark goes too
  EXPECT_EQ(map.normalize("a\u0301\u0302b"), "xyb");                        // 5 bytes
  EXPECT_EQ(map.normalize("a\u0301\u0302\u0303"), "xy\u0301\u0302\u0303");  // 7 bytes: by character
}

TEST(Charsmap, RefusesBrokenMaps) {
  EXPECT_THAT(refusal("?"), HasSubstr("not base64"));
  EXPECT_THAT(refusal("AAA"), HasSubstr("not base64"));
  EXPECT_THAT(refusal("AA=A"), HasSubstr("not base64"));
  EXPECT_THAT(refusal("AB=="), HasSubstr("not base64"));  // bits behind the end
  EXPECT_THAT(refusal(""), HasSubstr("at least 4 bytes, found 0"));
  EXPECT_THAT(refusal("AAAA"), HasSubstr("at least 4 bytes, found 3"));
  EXPECT_THAT(refusal(base64(std::string(4, '\0'))), HasSubstr("array of 0 units"));
  EXPECT_THAT(refusal(base64(Blob().declared_bytes(0xFFFFFFFF).bytes())),
              HasSubstr("array of 1073741823 units"));
  EXPECT_THAT(refusal(base64(Blob().declared_bytes(2000).bytes())), HasSubstr("array of 500 units"));
  EXPECT_THAT(refusal(base64(Blob().declared_bytes(400).replacements("").bytes())),
              HasSubstr("\"precompiled"));
  EXPECT_THAT(refusal(base64(Blob().replacements("\xff").bytes())), HasSubstr("not UTF-8"));
  EXPECT_THAT(refusal(base64(Blob().set(0, 1U << 31).bytes())), HasSubstr("root"));
  EXPECT_THAT(refusal(base64(Blob().set('a', 'a' | 256U << 10).bytes())),
              HasSubstr("unit 97 leads to unit 511 of 256"));
  EXPECT_THAT(refusal(base64(Blob().set('a', 'a' | 1U << 9 | 0x1FFFFFU << 10).bytes())),
              HasSubstr("unit 97 leads"));
  EXPECT_THAT(refusal(base64(Blob().map('a', 1, 5).bytes())),
              HasSubstr("unit 1 names replacement 5 of 4 bytes"));
  EXPECT_THAT(refusal(base64(Blob().map('a', 1, 0x7FFFFFFF).bytes())),
              HasSubstr("names replacement 2147483647"));
  EXPECT_THAT(refusal(base64(Blob().map('a', 1, 1).replacements("\u00e9").bytes())),
              HasSubstr("replacement 1"));
}

}  // namespace
}  // namespace gliner
