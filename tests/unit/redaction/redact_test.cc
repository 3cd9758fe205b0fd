#include "gliner/redact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "../io/test_files.h"
#include "text/utf8.h"

namespace gliner {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;

const std::string kCook = "Tim Cook leads Apple.";
const std::string kKey = "sixteen bytes key";

RedactOptions with_mode(RedactionMode mode) {
  RedactOptions options;
  options.mode = mode;
  options.key = kKey;
  return options;
}

TEST(Redact, EachModeSaysItsOwn) {
  const std::vector<SensitiveSpan> spans = {{15, 20, "company"}, {0, 8, "full name"}};
  EXPECT_EQ(redact(kCook, spans).text, "[FULL_NAME] leads [COMPANY].");
  EXPECT_EQ(redact(kCook, spans, with_mode(RedactionMode::kMask)).text, "*** leads ***.");
  EXPECT_EQ(redact(kCook, spans, with_mode(RedactionMode::kSameLength)).text, "******** leads *****.");
  EXPECT_THAT(redact(kCook, spans, with_mode(RedactionMode::kPseudonym)).text,
              MatchesRegex("\\[FULL_NAME_[0-9a-f]{12}\\] leads \\[COMPANY_[0-9a-f]{12}\\]\\."));
  for (const char* name : {"mask", "label", "same-length", "pseudonym"})
    EXPECT_NO_THROW(parse_redaction_mode(name));
  EXPECT_THROW(parse_redaction_mode("masks"), InputError);
}

TEST(Redact, WithoutSpansNothingChanges) {
  const RedactedText same = redact(kCook, {});
  EXPECT_EQ(same.text, kCook);
  EXPECT_THAT(same.redactions, IsEmpty());
  EXPECT_EQ(redact(kCook, {{3, 3, "empty"}}).text, kCook);
  EXPECT_EQ(redact("", {}).text, "");
}

TEST(Redact, OverlappingSpansAreOneAndTouchingOnesTwo) {
  const RedactedText merged =
      redact("Tim Cook", {{0, 3, "first name", 0.9}, {2, 8, "name", 0.5}, {4, 8, "surname", 0.9}});
  EXPECT_EQ(merged.text, "[NAME]");
  ASSERT_EQ(merged.redactions.size(), 1U);
  EXPECT_THAT(merged.redactions[0].labels, ElementsAre("name", "surname", "first name"));
  EXPECT_EQ(redact("TimCook", {{0, 3, "a"}, {3, 7, "b"}}).text, "[A][B]");
  EXPECT_EQ(redact("abc", {{0, 3, "sure", 0.4}, {0, 3, "surer", 0.6}}).text, "[SURER]");
}

TEST(Redact, OffsetsOfAllUnitsMeanTheSamePlace) {
  const std::string text = "Søren 😀 met Ünal.";
  RedactOptions options;
  options.mode = RedactionMode::kMask;
  const struct {
    OffsetUnit unit;
    SensitiveSpan first, second;
  } cases[] = {{OffsetUnit::kCodePoint, {0, 7, "p"}, {12, 16, "p"}},
               {OffsetUnit::kUtf16, {0, 8, "p"}, {13, 17, "p"}},
               {OffsetUnit::kByte, {0, 11, "p"}, {16, 21, "p"}}};
  for (const auto& each : cases) {
    options.offset_unit = each.unit;
    const RedactedText result = redact(text, {each.first, each.second}, options);
    EXPECT_EQ(result.text, "*** met ***.");
    ASSERT_EQ(result.redactions.size(), 2U);
    EXPECT_EQ(result.redactions[1].begin, each.second.begin);
    EXPECT_EQ(result.redactions[1].end, each.second.end);
    EXPECT_EQ(result.redactions[1].new_begin, 8);
    EXPECT_EQ(result.redactions[1].new_end, 11);
  }
}

TEST(Redact, SameLengthCountsCodePoints) {
  EXPECT_EQ(redact("Søren 😀!", {{0, 7, "p"}}, with_mode(RedactionMode::kSameLength)).text, "*******!");
  RedactOptions block = with_mode(RedactionMode::kSameLength);
  block.fill = "█";
  EXPECT_EQ(redact("abc", {{1, 2, "p"}}, block).text, "a█c");
}

TEST(Redact, TheAddedFullStopIsNoPartOfTheText) {
  EXPECT_EQ(redact("by Tim", {{3, 7, "person"}}).text, "by [PERSON]");
  EXPECT_EQ(redact("by Tim", {{3, 7, "person"}}).redactions[0].end, 6);
}

TEST(Redact, WrongSpansAreRefusedWithoutQuotingTheText) {
  RedactOptions bytes;
  bytes.offset_unit = OffsetUnit::kByte;
  const std::string text = "Søren";
  const std::vector<std::vector<SensitiveSpan>> wrong = {
      {{0, 2, "inside"}}, {{-1, 2, "p"}}, {{3, 1, "p"}}, {{0, 99, "p"}}};
  for (const auto& spans : wrong) {
    EXPECT_THAT(error_of<InputError>([&] { redact(text, spans, bytes); }), Not(HasSubstr("ren")));
  }
  EXPECT_THAT(error_of<InputError>([] { redact("secret\xff", {}); }), Not(HasSubstr("secret")));
}

TEST(Redact, PseudonymsAreStableKeyedAndTold) {
  const auto pseudonym = [](const std::string& text, const std::string& label, const std::string& key) {
    RedactOptions options = with_mode(RedactionMode::kPseudonym);
    options.key = key;
    return redact(text, {{0, count_code_points(text), label}}, options).text;
  };
  const std::string tim = pseudonym("Tim Cook", "person", kKey);
  EXPECT_EQ(pseudonym("Tim Cook", "person", kKey), tim);
  EXPECT_EQ(pseudonym("TIM  cook", "person", kKey), tim);
  EXPECT_NE(pseudonym("Tim Book", "person", kKey), tim);
  EXPECT_NE(pseudonym("Tim Cook", "person", kKey + "!"), tim);
  EXPECT_NE(pseudonym("Tim Cook", "company", kKey).substr(9), tim.substr(8));
  // Must not change between versions: HMAC-SHA256 of "person\0tim cook", computed with Python's hmac.
  EXPECT_EQ(tim, "[PERSON_144e51f6ec2c]");
}

TEST(Redact, AShortKeyIsRefused) {
  RedactOptions options = with_mode(RedactionMode::kPseudonym);
  options.key = "short";
  EXPECT_THAT(error_of<InputError>([&] { redact("a", {}, options); }), Not(HasSubstr("short\"")));
}

TEST(Redact, PlaceholdersAreMadeOfAnyLabel) {
  EXPECT_EQ(redact("x", {{0, 1, "phone number (home)"}}).text, "[PHONE_NUMBER_HOME]");
  EXPECT_EQ(redact("x", {{0, 1, "straße"}}).text, "[STRAßE]");
  EXPECT_EQ(redact("x", {{0, 1, "?!"}}).text, "[REMOVED]");
}

TEST(Redact, EveryMentionGoesOnRequest) {
  const std::string text = "Tim called. Tim and Timothy; tim, Tim-2, al al.";
  RedactOptions options;
  EXPECT_EQ(redact(text, {{0, 3, "person"}}, options).text,
            "[PERSON] called. Tim and Timothy; tim, Tim-2, al al.");
  options.every_mention = true;
  EXPECT_EQ(redact(text, {{0, 3, "person"}, {41, 43, "short"}}, options).text,
            "[PERSON] called. [PERSON] and Timothy; tim, [PERSON]-2, [SHORT] al.");
}

TEST(SensitiveSpans, AreAllEntitiesThatHaveAPlace) {
  Result result;
  result.entities.push_back({"person", false, {}});
  Entity entity;
  entity.begin = 1;
  entity.end = 4;
  entity.confidence = 0.5;
  result.entities[0].entities.push_back(entity);
  entity.begin = entity.end = -1;
  result.entities[0].entities.push_back(entity);
  const auto spans = sensitive_spans(result);
  ASSERT_EQ(spans.size(), 1U);
  EXPECT_EQ(spans[0].label, "person");
  EXPECT_EQ(spans[0].end, 4);
}

// ---- properties, over texts and spans drawn at random ----

struct Drawn {
  std::u32string text;
  std::vector<SensitiveSpan> spans;
  std::vector<bool> covered;  ///< By some span, of each code point.
};

Drawn draw(std::mt19937& random) {
  const std::u32string alphabet = U"abc XYZ.12äß漢😀\n";
  const auto below = [&random](std::size_t limit) { return static_cast<std::size_t>(random() % limit); };
  Drawn drawn;
  for (std::size_t i = below(40); i > 0; --i) drawn.text += alphabet[below(alphabet.size())];
  drawn.covered.resize(drawn.text.size());
  for (std::size_t i = below(6); i > 0; --i) {
    const std::size_t begin = below(drawn.text.size() + 1);
    const std::size_t end = begin + below(drawn.text.size() - begin + 1);
    drawn.spans.push_back({static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end),
                           std::string(1, static_cast<char>('p' + below(3))),
                           static_cast<double>(below(10)) / 10});
    for (std::size_t k = begin; k < end; ++k) drawn.covered[k] = true;
  }
  return drawn;
}

TEST(RedactProperty, KeptPartsAreTheOriginalsAndNothingElseIs) {
  std::mt19937 random(1);
  for (int i = 0; i < 3000; ++i) {
    const Drawn drawn = draw(random);
    const auto mode = static_cast<RedactionMode>(random() % 4);
    const RedactedText result = redact(to_utf8(drawn.text), drawn.spans, with_mode(mode));
    const std::u32string redacted = to_utf32(result.text);
    std::u32string kept_of_original;
    for (std::size_t k = 0; k < drawn.text.size(); ++k) {
      if (!drawn.covered[k]) kept_of_original += drawn.text[k];
    }
    std::u32string kept;
    std::size_t position = 0;
    std::int64_t removed = 0;
    for (const Redaction& redaction : result.redactions) {
      const auto begin = static_cast<std::size_t>(redaction.new_begin);
      const auto end = static_cast<std::size_t>(redaction.new_end);
      kept += redacted.substr(position, begin - position);
      EXPECT_EQ(to_utf8(redacted.substr(begin, end - begin)), redaction.replacement);
      position = end;
      removed += redaction.end - redaction.begin;
    }
    kept += redacted.substr(position);
    ASSERT_EQ(kept, kept_of_original);
    ASSERT_EQ(removed, std::count(drawn.covered.begin(), drawn.covered.end(), true));
    if (mode == RedactionMode::kSameLength) {
      ASSERT_EQ(redacted.size(), drawn.text.size());
    }
  }
}

// Whatever stood in the spans, the result is the same: so nothing of it can be in there.
TEST(RedactProperty, WhatIsRemovedDoesNotShowInTheResult) {
  std::mt19937 random(2);
  for (int i = 0; i < 3000; ++i) {
    const Drawn drawn = draw(random);
    std::u32string other = drawn.text;
    for (std::size_t k = 0; k < other.size(); ++k) {
      if (drawn.covered[k]) other[k] = U'a' + random() % 26;
    }
    for (const RedactionMode mode :
         {RedactionMode::kMask, RedactionMode::kLabel, RedactionMode::kSameLength}) {
      ASSERT_EQ(redact(to_utf8(drawn.text), drawn.spans, with_mode(mode)).text,
                redact(to_utf8(other), drawn.spans, with_mode(mode)).text);
    }
  }
}

TEST(RedactProperty, EveryMentionLeavesNoMention) {
  std::mt19937 random(3);
  RedactOptions options;
  options.every_mention = true;
  options.mode = RedactionMode::kMask;
  for (int i = 0; i < 2000; ++i) {
    std::string text;
    for (int k = 0; k < 12; ++k)
      text += std::string(k == 0 ? "" : " ") + (random() % 2 == 0 ? "Anna" : "met");
    const auto first = static_cast<std::int64_t>(text.find("Anna"));
    if (first < 0) continue;
    EXPECT_THAT(redact(text, {{first, first + 4, "person"}}, options).text, Not(HasSubstr("Anna")));
  }
}

}  // namespace
}  // namespace gliner
