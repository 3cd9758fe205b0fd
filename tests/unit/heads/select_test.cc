#include "heads/select.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace gliner {
namespace {

constexpr float kNever = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Setting {
  PackedSequence sequence;
  TaskSlot task;
};

Setting setting(std::size_t rows, std::int32_t first_text_row, std::vector<float> thresholds) {
  Setting s;
  s.sequence.rows.assign(rows, {0, 1});
  s.sequence.first_text_row = first_text_row;
  s.task.markers.assign(thresholds.size() + 1, 0);
  s.task.thresholds = std::move(thresholds);
  return s;
}

TaskOutput select(const at::Tensor& logits, const Setting& s) {
  TaskOutput output;
  select_spans(logits, s.sequence, s.task, output);
  return output;
}

std::vector<std::vector<int>> places(const TaskOutput& output) {
  std::vector<std::vector<int>> all;
  for (const Candidate& c : output.candidates) all.push_back({c.instance, c.label, c.row, c.width});
  return all;
}
using Places = std::vector<std::vector<int>>;

TEST(Select, OrdersByInstanceLabelRowAndWidth) {
  const c10::InferenceMode guard;
  // 2 instances x 2 labels, 3 rows, 2 widths, everything above the threshold.
  const TaskOutput output = select(at::ones({4, 3, 2}), setting(3, 0, {0.5F, 0.5F}));
  Places expected;
  for (int instance = 0; instance < 2; ++instance)
    for (int label = 0; label < 2; ++label)
      for (const auto& [row, width] : {std::pair{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 0}})
        expected.push_back({instance, label, row, width});
  EXPECT_EQ(places(output), expected);
  EXPECT_FLOAT_EQ(output.candidates.front().score, 1.0F / (1.0F + std::exp(-1.0F)));
}

TEST(Select, KeepsAScoreThatEqualsItsThreshold) {
  const c10::InferenceMode guard;
  at::Tensor logits = at::full({1, 3, 1}, -5.0F);
  for (const float x : {-2.0F, -0.3F, 0.0F, 0.7F, 3.0F, 20.0F}) {
    logits[0][1][0] = x;
    const float score = sigmoid(x);
    EXPECT_EQ(places(select(logits, setting(3, 0, {score}))), (Places{{0, 0, 1, 0}})) << x;
    if (score < 1) {
      EXPECT_TRUE(select(logits, setting(3, 0, {std::nextafter(score, 2.0F)})).candidates.empty()) << x;
    }
  }
}

TEST(Select, TakesExtremeThresholdsByTheirLetter) {
  const c10::InferenceMode guard;
  const at::Tensor logits = at::tensor({-200.0F, 0.0F, 40.0F}).view({1, 3, 1});
  EXPECT_EQ(select(logits, setting(3, 0, {0.0F})).candidates.size(), 3U);
  EXPECT_EQ(select(logits, setting(3, 0, {-1.0F})).candidates.size(), 3U);
  EXPECT_EQ(places(select(logits, setting(3, 0, {1.0F}))), (Places{{0, 0, 2, 0}}));
  EXPECT_TRUE(select(logits, setting(3, 0, {1.5F})).candidates.empty());
  EXPECT_TRUE(select(logits, setting(3, 0, {kNever})).candidates.empty());
}

TEST(Select, NeverRunsPastTheLastRow) {
  const c10::InferenceMode guard;
  at::Tensor logits = at::full({1, 2, 4}, 1.0F);  // As if the fill behind the end had been forgotten.
  EXPECT_EQ(places(select(logits, setting(2, 0, {0.0F}))),
            (Places{{0, 0, 0, 0}, {0, 0, 0, 1}, {0, 0, 1, 0}}));
  logits.fill_(-kInfinity);
  EXPECT_EQ(sigmoid(-kInfinity), 0.0F);
  EXPECT_EQ(select(logits, setting(2, 0, {0.0F})).candidates.size(), 3U) << "score 0 reaches threshold 0";
}

TEST(Select, CountsRowsFromTheTextAndScoresTheChoicesInFrontOfIt) {
  const c10::InferenceMode guard;
  at::Tensor logits = at::full({2, 5, 2}, -9.0F);  // 1 instance, 2 labels; 3 choice rows, 2 words.
  logits[0][1][0] = 4.0F;                          // A choice is no candidate.
  logits[1][2][0] = 2.0F;
  logits[1][3][1] = 3.0F;
  Setting s = setting(5, 3, {0.5F, 0.5F});
  s.task.choice_rows = 3;
  const TaskOutput output = select(logits, s);
  EXPECT_EQ(places(output), (Places{{0, 1, 0, 1}}));
  ASSERT_EQ(output.choice_scores.size(), 6U);
  EXPECT_FLOAT_EQ(output.choice_scores[1], sigmoid(4.0F));
  EXPECT_FLOAT_EQ(output.choice_scores[5], sigmoid(2.0F));
}

TEST(Select, AddsTheAttributeLogitsOfEveryCandidate) {
  const c10::InferenceMode guard;
  const at::Tensor logits = at::arange(18, at::kFloat).view({3, 3, 2});
  Setting s = setting(3, 0, {0.5F, kNever, kNever});
  s.task.attribute_labels = {2, 1};
  const TaskOutput output = select(logits, s);
  // Label 0 has logits 0 .. 5 and a span less at the end; labels 1 and 2 lie 6 and 12 behind.
  EXPECT_EQ(output.attribute_logits, (std::vector<float>{12, 6, 13, 7, 14, 8, 15, 9, 16, 10}));
}

}  // namespace
}  // namespace gliner
