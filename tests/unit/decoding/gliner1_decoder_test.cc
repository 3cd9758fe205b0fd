#include "decoding/gliner1_decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "decoding/overlap.h"
#include "gliner/error.h"
#include "gliner/schema.h"

namespace gliner {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::vector<std::size_t> kept(const std::vector<ScoredRange>& ranges, OverlapPolicy policy,
                              bool multi_label = false) {
  std::vector<std::size_t> indices;
  for (const ScoredRange& range : select_across_labels(ranges, policy, multi_label))
    indices.push_back(range.index);
  return indices;
}

TEST(SelectAcrossLabels, TheBetterOfTwoOverlappingSpansStaysWhateverTheirLabels) {
  EXPECT_THAT(kept({{0.6, 0, 2, 0}, {0.9, 1, 3, 1}, {0.5, 3, 4, 2}}, OverlapPolicy::kDefault),
              ElementsAre(1, 2));
}

TEST(SelectAcrossLabels, EqualScoresKeepTheirOrder) {
  EXPECT_THAT(kept({{0.5, 0, 2, 0}, {0.5, 0, 1, 1}}, OverlapPolicy::kDefault), ElementsAre(0));
}

TEST(SelectAcrossLabels, NestedDropsOnlyWhatCrosses) {
  const std::vector<ScoredRange> ranges = {{0.9, 0, 4, 0}, {0.8, 1, 2, 1}, {0.7, 3, 6, 2}};
  EXPECT_THAT(kept(ranges, OverlapPolicy::kNested), ElementsAre(0, 1));
  EXPECT_THAT(kept(ranges, OverlapPolicy::kDefault), ElementsAre(0));
  EXPECT_THAT(kept(ranges, OverlapPolicy::kAllow), ElementsAre(0, 1, 2));
}

TEST(SelectAcrossLabels, OneSpanHasSeveralLabelsOnlyWhenAsked) {
  const std::vector<ScoredRange> ranges = {{0.9, 0, 2, 0}, {0.8, 0, 2, 1}};
  EXPECT_THAT(kept(ranges, OverlapPolicy::kDefault), ElementsAre(0));
  EXPECT_THAT(kept(ranges, OverlapPolicy::kNested), ElementsAre(0));
  EXPECT_THAT(kept(ranges, OverlapPolicy::kDefault, true), ElementsAre(0, 1));
}

TEST(SelectAcrossLabels, HasNoLongestPolicy) {
  EXPECT_THROW(select_across_labels({}, OverlapPolicy::kLongest, false), InputError);
}

/// "Ann met Bob in Rome" with labels person and city.
class SpanDecoding : public ::testing::Test {
 protected:
  SpanDecoding() {
    prompt_.spec = Schema().entities({"person", "city"}).relations({"met"}).spec();
    prompt_.labels = {"person", "city"};
    prompt_.relations = {"met"};
    prepared_.words = {{0, 3}, {4, 7}, {8, 11}, {12, 14}, {15, 19}};
    prepared_.total_words = 5;
  }
  Result decode(const SpanOutput& output, const ExtractOptions& options = {},
                const std::optional<std::vector<WordPair>>& allowed = {},
                const GeneratedLabels& generated = {}) {
    return decode_spans(prompt_, text_, prepared_, output, generated, allowed, options);
  }

  std::string text_ = "Ann met Bob in Rome";
  Gliner1Prompt prompt_;
  Gliner1Text prepared_;
};

SpanOutput found() {
  SpanOutput output;
  output.candidates = {{0, 0, 0, 0.9F, 0}, {0, 2, 2, 0.8F, 4}, {1, 2, 4, 0.7F, 6}, {1, 4, 4, 0.95F, 8}};
  return output;
}

TEST_F(SpanDecoding, TellsBeforehandWhichSpansItKeeps) {
  const auto kept = [&](const ExtractOptions& options,
                        const std::optional<std::vector<WordPair>>& allowed = {}) {
    return kept_spans(prompt_, text_, prepared_, found(), allowed, options);
  };
  EXPECT_THAT(kept({}), ElementsAre(0, 4, 8));
  ExtractOptions options;
  options.overlap_policy = OverlapPolicy::kNested;
  EXPECT_THAT(kept(options), ElementsAre(0, 4, 6, 8));
  EXPECT_THAT(kept(options, {{{2, 4}, {4, 4}}}), ElementsAre(6, 8));
}

TEST_F(SpanDecoding, GivesSpansByPositionAndTheSameByLabel) {
  const Result result = decode(found());
  ASSERT_EQ(result.spans.size(), 3u);
  EXPECT_EQ(result.spans[0].text, "Ann");
  EXPECT_EQ(result.spans[2].label, "city");
  EXPECT_EQ(result.spans[2].begin, 15);
  EXPECT_EQ(to_json(result), R"({"entities":{"person":["Ann","Bob"],"city":["Rome"]},)"
                             R"("relation_extraction":{"met":[]}})");
  EXPECT_THAT(to_spans_json(result),
              HasSubstr(R"({"start":15,"end":19,"text":"Rome","label":"city","score":0.9)"));
}

TEST_F(SpanDecoding, OnlyAllowedSpansAreLookedAt) {
  const Result result = decode(found(), {}, std::vector<WordPair>{{2, 4}});
  ASSERT_EQ(result.spans.size(), 1u);
  EXPECT_EQ(result.spans[0].text, "Bob in Rome");
}

TEST_F(SpanDecoding, RelationsNeedBothEnds) {
  SpanOutput output = found();
  output.relations = {{0, 0, 2, 2, 0, 0.8F, 0}, {0, 0, 2, 4, 0, 0.9F, 1}};
  const Result result = decode(output);
  ASSERT_EQ(result.span_relations.size(), 1u) << "\"Bob in Rome\" was not kept";
  EXPECT_EQ(result.span_relations[0].head, 0u);
  EXPECT_EQ(result.span_relations[0].tail, 1u);
  ASSERT_EQ(result.relations.size(), 1u);
  EXPECT_EQ(result.relations[0].relations[0].tail.text, "Bob");
  EXPECT_THAT(to_spans_json(result),
              HasSubstr(R"("head":{"start":0,"end":3,"text":"Ann","type":"person","entity_idx":0})"));
}

TEST_F(SpanDecoding, ShowsTheBestClassesInFallingOrder) {
  SpanOutput output;
  output.candidates = {{0, 0, 0, 0.6F, 0}};
  output.class_scores = {0.6F, 0.7F};
  const Result result = decode(output);
  ASSERT_EQ(result.spans[0].class_scores.size(), 2u);
  EXPECT_EQ(result.spans[0].class_scores[0].label, "city");
}

TEST_F(SpanDecoding, GeneratedLabelsBelongToASpanOrStandForALabel) {
  SpanOutput output = found();
  GeneratedLabels generated;
  generated.all = {{4, {"first", "second"}}};
  Result result = decode(output, {}, {}, generated);
  EXPECT_FALSE(result.spans[0].generated_labels.has_value());
  EXPECT_THAT(*result.spans[1].generated_labels, ElementsAre("first", "second"));
  generated.replace_labels = true;
  generated.all = {{1, {"town"}}};
  result = decode(output, {}, {}, generated);
  EXPECT_EQ(result.spans[2].label, "town");
}

TEST_F(SpanDecoding, ASingleValueIsTheBestOne) {
  prompt_.spec = Schema().entities({EntityType{"person", {}, Dtype::kStr}, EntityType{"city"}}).spec();
  const Result result = decode(found());
  ASSERT_EQ(result.spans.size(), 2u);
  EXPECT_EQ(result.spans[0].text, "Ann");
}

TEST_F(SpanDecoding, GivenPlacesMustBeginAndEndWithWords) {
  const std::vector<WordPair> pairs =
      words_of_spans({{0, 7}, {1, 7}, {4, 6}, {8, 3}, {15, 19}}, prepared_.words);
  ASSERT_EQ(pairs.size(), 2u);
  EXPECT_EQ(pairs[0].last, 1);
  EXPECT_EQ(pairs[1].first, 4);
}

}  // namespace
}  // namespace gliner
