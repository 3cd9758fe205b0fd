#include "heads/select_spans.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace gliner {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr float kNever = -std::numeric_limits<float>::infinity();

SpanSequence sequence(std::int32_t words, std::int32_t classes, double threshold) {
  SpanSequence out;
  out.words.resize(static_cast<std::size_t>(words));
  out.classes = classes;
  out.thresholds.assign(static_cast<std::size_t>(classes), threshold);
  return out;
}

/// "label:first-last" of each candidate.
std::vector<std::string> shown(const std::vector<SpanCandidate>& candidates) {
  std::vector<std::string> out;
  for (const SpanCandidate& c : candidates)
    out.push_back(std::to_string(c.label) + ":" + std::to_string(c.first) + "-" + std::to_string(c.last));
  return out;
}

TEST(SelectWideSpans, GoByFirstWordThenWidthThenLabelAndStayInsideTheText) {
  // [2 labels, 2 words, 2 widths]: the last span of the second word runs past the end.
  const at::Tensor logits = at::tensor({1.F, 1.F, -1.F, kNever, 1.F, -1.F, 1.F, kNever}).view({2, 2, 2});
  SpanOutput output;
  select_wide_spans(logits, sequence(2, 2, 0.5), /*class_scores=*/true, output);
  EXPECT_THAT(shown(output.candidates), ElementsAre("0:0-0", "1:0-0", "0:0-1", "1:1-1"));
  ASSERT_EQ(output.class_scores.size(), 8u);
  EXPECT_FLOAT_EQ(output.class_scores[4], output.candidates[2].score);
  EXPECT_EQ(output.candidates[3].index, 2);
}

TEST(SelectWideSpans, AreTheSameInAnyOrderOfMemory) {
  at::manual_seed(3);
  const at::Tensor logits = at::randn({4, 6, 3});
  SpanOutput expected, found;
  select_wide_spans(logits, sequence(6, 4, 0.5), /*class_scores=*/true, expected);
  const at::Tensor by_span = logits.permute({1, 2, 0}).contiguous().permute({2, 0, 1});
  select_wide_spans(by_span, sequence(6, 4, 0.5), /*class_scores=*/true, found);
  EXPECT_THAT(shown(expected.candidates), Not(IsEmpty()));
  EXPECT_EQ(shown(found.candidates), shown(expected.candidates));
  EXPECT_EQ(found.class_scores, expected.class_scores);
  EXPECT_EQ(shown(select_any_label(by_span, 0.5)), shown(select_any_label(logits, 0.5)));
}

TEST(SelectWideSpans, AScoreAtTheThresholdIsNotAboveIt) {
  SpanOutput output;
  select_wide_spans(at::zeros({1, 1, 1}), sequence(1, 1, 0.5), false, output);
  EXPECT_THAT(output.candidates, IsEmpty());
  select_wide_spans(at::zeros({1, 1, 1}), sequence(1, 1, std::nextafter(0.5F, 0.F)), false, output);
  EXPECT_EQ(output.candidates.size(), 1u);
}

TEST(SelectWideSpans, SurplusLabelsAreNeverFound) {
  SpanOutput output;
  select_wide_spans(at::ones({3, 1, 1}), sequence(1, 2, 0.5), false, output);
  EXPECT_THAT(shown(output.candidates), ElementsAre("0:0-0", "1:0-0"));
}

/// [3 words, 1 label, 3]: starts, ends, insides of one label.
at::Tensor word_logits(const std::vector<float>& starts, const std::vector<float>& ends,
                       const std::vector<float>& insides) {
  at::Tensor logits = at::zeros({3, 1, 3});
  for (std::int64_t w = 0; w < 3; ++w) {
    logits[w][0][0] = starts[static_cast<std::size_t>(w)];
    logits[w][0][1] = ends[static_cast<std::size_t>(w)];
    logits[w][0][2] = insides[static_cast<std::size_t>(w)];
  }
  return logits;
}

TEST(SelectWordSpans, NeedAStartAnEndAndEveryWordInside) {
  SpanOutput output;
  select_word_spans(word_logits({1, -1, 1}, {-1, 1, 2}, {1, 3, -1}), sequence(3, 1, 0.5), output);
  EXPECT_THAT(shown(output.candidates), ElementsAre("0:0-1")) << "the third word is not inside";
  EXPECT_FLOAT_EQ(output.candidates[0].score, 1 / (1 + std::exp(-1.F))) << "the smallest of all scores";
}

TEST(SelectWordSpans, AWordAtTheThresholdIsInsideForResultsAndNotForPrediction) {
  const at::Tensor logits = word_logits({1, -1, -1}, {-1, 1, -1}, {1, 0, -1});
  SpanOutput output;
  select_word_spans(logits, sequence(3, 1, 0.5), output);
  EXPECT_EQ(output.candidates.size(), 1u);
  EXPECT_THAT(predict_spans(logits, 0.5), IsEmpty());
}

TEST(SelectWideSpans, AreTheSameFromTheLogitsThatSurvived) {
  at::manual_seed(4);
  const at::Tensor logits = at::randn({4, 6, 3});
  SpanSequence own = sequence(6, 4, 0.5);
  own.thresholds[2] = 0.3;
  SpanOutput expected, found;
  select_wide_spans(logits, own, /*class_scores=*/false, expected);
  std::vector<SpanLogit> survivors;
  for (std::int32_t label = 3; label >= 0; --label)
    for (std::int32_t first = 0; first < 6; ++first)
      for (std::int32_t width = 0; width < std::min(3, 6 - first); ++width)
        survivors.push_back({first, width, label, logits[label][first][width].item<float>()});
  select_wide_spans(survivors, 3, own, found);
  EXPECT_THAT(shown(expected.candidates), Not(IsEmpty()));
  EXPECT_EQ(shown(found.candidates), shown(expected.candidates));
  for (std::size_t i = 0; i < found.candidates.size(); ++i) {
    EXPECT_EQ(found.candidates[i].score, expected.candidates[i].score);
    EXPECT_EQ(found.candidates[i].index, expected.candidates[i].index);
  }
}

TEST(SelectWordSpans, AreTheSameFromTheWordsThatSurvived) {
  at::manual_seed(5);
  for (const double threshold : {0.0, 0.4, 0.5, 0.7}) {
    const at::Tensor logits = at::randn({30, 3, 3}) + 0.5;
    const SpanSequence own = sequence(30, 3, threshold);
    SpanOutput expected, found;
    select_word_spans(logits, own, expected);
    std::vector<WordLogits> survivors;
    for (std::int32_t word = 29; word >= 0; --word)
      for (std::int32_t label = 0; label < 3; ++label) {
        const auto at = [&](int kind) { return logits[word][label][kind].item<float>(); };
        if (at(2) >= std::log(threshold / (1 - threshold)) - 0.01)
          survivors.push_back({word, label, at(0), at(1), at(2)});
      }
    select_word_spans(survivors, own, found);
    EXPECT_THAT(shown(expected.candidates), Not(IsEmpty()));
    EXPECT_EQ(shown(found.candidates), shown(expected.candidates));
    for (std::size_t i = 0; i < found.candidates.size(); ++i)
      EXPECT_EQ(found.candidates[i].score, expected.candidates[i].score);
  }
}

TEST(PredictSpans, CountOneSpanForEachLabelThatPredictsIt) {
  const std::vector<SpanCandidate> spans = predict_spans(at::ones({2, 2, 3}), 0.5);
  EXPECT_THAT(shown(spans), ElementsAre("0:0-0", "0:0-1", "1:0-0", "1:0-1", "0:1-1", "1:1-1"));
  EXPECT_EQ(spans[5].index, 5);
}

TEST(SelectAnyLabel, TakesTheBestScoreOverAllLabels) {
  const at::Tensor logits = at::tensor({-1.F, 1.F, -1.F, -1.F}).view({2, 2, 1});
  EXPECT_THAT(shown(select_any_label(logits, 0.5)), ElementsAre("-1:1-1"));
  EXPECT_THAT(select_any_label(at::zeros({0, 2, 1}), -1), IsEmpty()) << "no label, no entity";
}

TEST(SelectRelations, GoByPairThenRelation) {
  SpanSequence own = sequence(2, 0, 0.5);
  own.relation_classes = 2;
  own.relation_thresholds = {0.5, 0.8};
  const std::vector<SpanCandidate> entities = {{0, 0, 0, 0.9F, 0}, {0, 1, 1, 0.9F, 1}};
  SpanOutput output;
  select_relations(at::ones({2, 2}), entities, {{0, 1}, {1, 0}}, own, output);
  ASSERT_EQ(output.relations.size(), 2u) << "the second relation's own threshold is higher";
  EXPECT_EQ(output.relations[1].head_first, 1);
  EXPECT_EQ(output.relations[1].tail_first, 0);
  EXPECT_EQ(output.relations[1].pair, 1);
}

}  // namespace
}  // namespace gliner
