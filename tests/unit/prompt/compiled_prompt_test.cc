#include "prompt/compiled_prompt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gliner/error.h"
#include "prompt/markers.h"

namespace gliner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

const Tokenizer& tokenizer() {
  static const Tokenizer kTokenizer = [] {
    Tokenizer loaded = Tokenizer::load(std::string(GLINER_DEMO_MODEL) + "/tokenizer.json");
    loaded.add_special_tokens(marker_tokens());
    return loaded;
  }();
  return kTokenizer;
}

CompiledPrompt compile(const Schema& schema, TokenPooling pooling = TokenPooling::kFirst) {
  return compile_prompt(schema.spec(), tokenizer(), pooling);
}

PreparedText prepare(const CompiledPrompt& prompt, const std::string& text, std::optional<int> max_len = {},
                     TokenPooling pooling = TokenPooling::kFirst) {
  return prepare_text(prompt, text, tokenizer(), WordSplitter::kWhitespace, pooling, max_len);
}

TEST(CompiledPrompt, MarkersAreTheTokensOfTheirMarkers) {
  Schema schema;
  schema.entities({"person", "city name"}).relations({"lives in"});
  for (const TokenPooling pooling : {TokenPooling::kFirst, TokenPooling::kMean}) {
    const CompiledPrompt prompt = compile(schema, pooling);
    ASSERT_EQ(prompt.markers.size(), 2U);
    std::vector<std::int32_t> ids;
    for (const auto& markers : prompt.markers) {
      for (const std::int32_t marker : markers) ids.push_back(prompt.ids[static_cast<std::size_t>(marker)]);
    }
    const auto id = [](const char* token) { return tokenizer().token_to_id(token); };
    EXPECT_THAT(ids, ElementsAre(id("[P]"), id("[E]"), id("[E]"), id("[P]"), id("[R]"), id("[R]")));
    EXPECT_EQ(prompt.ids.back(), id("[SEP_TEXT]"));
  }
}

TEST(CompiledPrompt, AMarkerInsideADescriptionCountsForMeanAndMaxPoolingOnly) {
  Schema schema;
  schema.entities({EntityType{"person", "see [E] there", {}, {}, {}}});
  EXPECT_EQ(compile(schema, TokenPooling::kFirst).markers.at(0).size(), 2U);
  EXPECT_EQ(compile(schema, TokenPooling::kMax).markers.at(0).size(), 3U);
}

TEST(CompiledPrompt, ALabelCalledLikeTheSeparatorEndsTheSchemaAsInTheReference) {
  Schema schema;
  schema.entities({"[SEP_TEXT]", "person"});
  const CompiledPrompt prompt = compile(schema);
  EXPECT_EQ(prompt.markers.at(0).size(), 2U);  // [P] and the first [E]
  EXPECT_EQ(prompt.rows.size(), 4U);           // [E] person ) ) became words
}

TEST(CompiledPrompt, AMalformedSchemaIsRefusedOrAnsweredByTheStandIn) {
  const Schema schema = Schema::from_entities_json("[3]");
  EXPECT_THAT([&] { compile(schema); }, ThrowsMessage<InputError>(HasSubstr("must be strings")));
  const CompiledPrompt prompt = compile(schema, TokenPooling::kMean);
  EXPECT_TRUE(prompt.fallback);
  EXPECT_EQ(prompt.tasks.at(0).key, "dummy");
}

TEST(PreparedText, EndsWithAFullStopOfItsOwnOrAnAddedOne) {
  EXPECT_EQ(normalize_text(""), ".");
  EXPECT_EQ(normalize_text("a?"), "a?");
  EXPECT_EQ(normalize_text("a;"), "a;.");
  EXPECT_EQ(normalize_text("a. "), "a. .");
}

TEST(PreparedText, HasARowPerWordBehindTheChoices) {
  Schema schema;
  schema.structure("s", std::vector<std::string>{"f::[a|b]"});
  const CompiledPrompt prompt = compile(schema);
  const PreparedText text = prepare(prompt, "Hello unbelievable world");
  EXPECT_EQ(text.rows.size(), prompt.prefix.words.size() + 4);
  EXPECT_EQ(text.first_text_row, static_cast<std::int32_t>(prompt.prefix.words.size()));
  std::int32_t at = static_cast<std::int32_t>(prompt.ids.size());
  for (std::size_t row = static_cast<std::size_t>(text.first_text_row); row < text.rows.size(); ++row) {
    EXPECT_EQ(text.rows[row].begin, at);
    at = text.rows[row].end;
  }
  EXPECT_EQ(at, static_cast<std::int32_t>(text.ids.size()));
}

TEST(PreparedText, TruncationFollowsPythonsSlices) {
  Schema schema;
  schema.entities({"a"});
  const CompiledPrompt prompt = compile(schema);
  const auto words = [&](int max_len) { return prepare(prompt, "a b c d", max_len).words.size(); };
  EXPECT_EQ(words(2), 2U);
  EXPECT_EQ(words(9), 5U);
  EXPECT_EQ(words(0), 0U);
  EXPECT_EQ(words(-2), 3U);
  EXPECT_EQ(words(-9), 0U);
  EXPECT_EQ(prepare(prompt, "a b c d", 2).truncated_words, 2);
  EXPECT_EQ(prepare(prompt, "a b c d", 4).truncated_words, 0);
}

TEST(PreparedText, AWordWithoutTokensHasARowForFirstPoolingOnly) {
  Schema schema;
  schema.entities({"a"});
  const std::string text = "a \x01 b";  // the normalizer drops control characters
  const CompiledPrompt first = compile(schema, TokenPooling::kFirst);
  const PreparedText kept = prepare(first, text);
  EXPECT_EQ(kept.rows.size(), 4U);
  EXPECT_EQ(kept.rows[1].begin, kept.rows[1].end);
  EXPECT_EQ(kept.rows[1].begin, kept.rows[2].begin);
  const CompiledPrompt mean = compile(schema, TokenPooling::kMean);
  EXPECT_EQ(prepare(mean, text, {}, TokenPooling::kMean).rows.size(), 3U);
}

}  // namespace
}  // namespace gliner
