#include "models/gliner2_span.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <thread>

#include "../io/test_files.h"
#include "io/model_dir.h"

namespace gliner {
namespace {

ModelFiles files_of(const std::string& model) {
  return find_model_files(GLINER_TEST_DATA "/golden2/" + model + "/model");
}

// Texts of random tokens with tasks of every kind; the model does not know that they mean nothing.
PackedBatch random_batch(TokenPooling pooling, int sequences, unsigned seed) {
  std::mt19937 random(seed);
  const auto up_to = [&random](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
  PackedBatch batch;
  batch.pooling = pooling;
  for (int s = 0; s < sequences; ++s) {
    PackedSequence sequence;
    sequence.token_begin = static_cast<std::int32_t>(batch.ids.size());
    const int tokens = 30 + up_to(60);
    for (int t = 0; t < tokens; ++t) batch.ids.push_back(4 + up_to(400));
    sequence.token_end = static_cast<std::int32_t>(batch.ids.size());
    for (const TaskKind kind :
         {TaskKind::kStructure, TaskKind::kEntities, TaskKind::kRelation, TaskKind::kClassification}) {
      TaskSlot task;
      task.kind = kind;
      const int labels = 1 + up_to(3);
      for (int m = 0; m <= labels; ++m) task.markers.push_back(sequence.token_begin + up_to(tokens - 1));
      task.thresholds.assign(static_cast<std::size_t>(labels), 0.5F);
      if (kind == TaskKind::kStructure) task.choice_rows = 2;
      if (kind == TaskKind::kEntities) task.attribute_labels = {0};
      sequence.tasks.push_back(task);
    }
    for (std::int32_t t = sequence.token_begin + 12; t < sequence.token_end;) {
      const std::int32_t end = std::min(t + 1 + up_to(2), sequence.token_end);
      sequence.rows.push_back({t, end});
      t = end;
    }
    sequence.first_text_row = 3;
    batch.sequences.push_back(sequence);
  }
  return batch;
}

// Sequence `index` of a batch as a batch of its own.
PackedBatch alone(const PackedBatch& batch, std::size_t index) {
  PackedBatch one;
  one.pooling = batch.pooling;
  PackedSequence sequence = batch.sequences[index];
  const std::int32_t shift = sequence.token_begin;
  one.ids.assign(batch.ids.begin() + shift, batch.ids.begin() + sequence.token_end);
  sequence.token_begin -= shift;
  sequence.token_end -= shift;
  for (TokenRange& row : sequence.rows) row = {row.begin - shift, row.end - shift};
  for (TaskSlot& task : sequence.tasks)
    for (std::int32_t& marker : task.markers) marker -= shift;
  one.sequences = {sequence};
  return one;
}

// Scores may differ by `tolerance`; a candidate nearer to the threshold than that may come or go.
void expect_same(const SequenceOutput& a, const SequenceOutput& b, float tolerance) {
  ASSERT_EQ(a.tasks.size(), b.tasks.size());
  for (std::size_t t = 0; t < a.tasks.size(); ++t) {
    SCOPED_TRACE(::testing::Message() << "task " << t);
    EXPECT_EQ(a.tasks[t].count, b.tasks[t].count);
    const auto& x = a.tasks[t].candidates;
    const auto& y = b.tasks[t].candidates;
    ASSERT_EQ(x.size(), y.size());
    for (std::size_t i = 0; i < x.size(); ++i) {
      EXPECT_EQ(std::tie(x[i].instance, x[i].label, x[i].row, x[i].width),
                std::tie(y[i].instance, y[i].label, y[i].row, y[i].width));
      EXPECT_NEAR(x[i].score, y[i].score, tolerance);
    }
    const auto near = [&](const std::vector<float>& p, const std::vector<float>& q, float scale) {
      ASSERT_EQ(p.size(), q.size());
      for (std::size_t i = 0; i < p.size(); ++i) EXPECT_NEAR(p[i], q[i], scale * tolerance);
    };
    near(a.tasks[t].choice_scores, b.tasks[t].choice_scores, 1);
    near(a.tasks[t].attribute_logits, b.tasks[t].attribute_logits, 10);  // Logits run to about 10.
    near(a.tasks[t].class_logits, b.tasks[t].class_logits, 10);
  }
}

class Gliner2SpanTest : public ::testing::TestWithParam<std::pair<const char*, TokenPooling>> {};

INSTANTIATE_TEST_SUITE_P(Models, Gliner2SpanTest,
                         ::testing::Values(std::pair{"span-deberta-v3", TokenPooling::kFirst},
                                           std::pair{"span-deberta-v2cnt", TokenPooling::kMax},
                                           std::pair{"span-bert", TokenPooling::kMean},
                                           std::pair{"span-modernbert", TokenPooling::kFirst}));

TEST_P(Gliner2SpanTest, ABatchGivesWhatEachTextGivesAlone) {
  const auto [name, pooling] = GetParam();
  const auto model = load_gliner2_span(files_of(name), 491, LoadOptions{"cpu", 2});
  const PackedBatch batch = random_batch(pooling, 6, 1);
  const std::vector<SequenceOutput> together = model->run(batch);
  ASSERT_EQ(together.size(), 6U);
  std::size_t candidates = 0;
  for (std::size_t s = 0; s < together.size(); ++s) {
    SCOPED_TRACE(::testing::Message() << "text " << s);
    expect_same(together[s], model->run(alone(batch, s)).front(), 5e-5F);
    for (const TaskOutput& task : together[s].tasks) candidates += task.candidates.size();
  }
  EXPECT_GT(candidates, 0U) << "the comparison would show nothing";
}

TEST_P(Gliner2SpanTest, TheNumberOfThreadsChangesNothing) {
  const auto [name, pooling] = GetParam();
  const PackedBatch batch = random_batch(pooling, 3, 2);
  const auto expected = load_gliner2_span(files_of(name), 491, LoadOptions{"cpu", 1})->run(batch);
  for (const int threads : {2, 3}) {
    const auto found = load_gliner2_span(files_of(name), 491, LoadOptions{"cpu", threads})->run(batch);
    for (std::size_t s = 0; s < expected.size(); ++s) expect_same(expected[s], found[s], 1e-6F);
  }
}

TEST_P(Gliner2SpanTest, ManyThreadsAtOnceGetTheSame) {
  const auto [name, pooling] = GetParam();
  const auto model = load_gliner2_span(files_of(name), 491, LoadOptions{"cpu", 2});
  std::vector<PackedBatch> batches;
  std::vector<std::vector<SequenceOutput>> expected, found(4);
  for (unsigned i = 0; i < 4; ++i) {
    batches.push_back(random_batch(pooling, 2, 10 + i));
    expected.push_back(model->run(batches.back()));
  }
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 4; ++i) threads.emplace_back([&, i] { found[i] = model->run(batches[i]); });
  for (std::thread& thread : threads) thread.join();
  for (std::size_t i = 0; i < 4; ++i)
    for (std::size_t s = 0; s < expected[i].size(); ++s) expect_same(expected[i][s], found[i][s], 1e-6F);
}

TEST_P(Gliner2SpanTest, ATextWithoutWordsHasNoSpansButItsClasses) {
  const auto [name, pooling] = GetParam();
  const auto model = load_gliner2_span(files_of(name), 491, LoadOptions{"cpu", 1});
  PackedBatch batch = random_batch(pooling, 2, 3);
  batch.sequences[0].rows.clear();
  batch.sequences[0].first_text_row = 0;
  for (TaskSlot& task : batch.sequences[0].tasks) task.choice_rows = 0;
  const std::vector<SequenceOutput> outputs = model->run(batch);
  for (std::size_t t = 0; t < 3; ++t) {
    EXPECT_EQ(outputs[0].tasks[t].count, 0);
    EXPECT_TRUE(outputs[0].tasks[t].candidates.empty());
    EXPECT_TRUE(outputs[0].tasks[t].choice_scores.empty());
  }
  EXPECT_EQ(outputs[0].tasks[3].class_logits.size(), batch.sequences[0].tasks[3].markers.size() - 1);
  expect_same(outputs[1], model->run(alone(batch, 1)).front(), 5e-5F);
}

TEST_P(Gliner2SpanTest, EmptyTasksAndBatchesAreSkipped) {
  const auto [name, pooling] = GetParam();
  const auto model = load_gliner2_span(files_of(name), 491, LoadOptions{"cpu", 1});
  EXPECT_TRUE(model->run(PackedBatch{}).empty());
  PackedBatch batch = random_batch(pooling, 1, 4);
  for (TaskSlot& task : batch.sequences[0].tasks) {
    task = TaskSlot{};
    task.markers = {};
  }
  batch.sequences[0].tasks[1].markers = {0};  // [P] and no label.
  const SequenceOutput output = model->run(batch).front();
  for (const TaskOutput& task : output.tasks) {
    EXPECT_EQ(task.count, 0);
    EXPECT_TRUE(task.candidates.empty() && task.class_logits.empty());
  }
}

TEST(Gliner2Span, RefusesATextBeyondTheEncodersPositionsBeforeComputing) {
  const auto model = load_gliner2_span(files_of("span-bert"), 1010, LoadOptions{"cpu", 1});
  EXPECT_EQ(model->max_sequence_tokens(), 2048);
  PackedBatch batch;
  batch.sequences.resize(2);
  batch.ids.assign(2050, 5);
  batch.sequences[0].token_end = 1;
  batch.sequences[1].token_begin = 1;
  batch.sequences[1].token_end = 2050;
  bool traced = false;
  EXPECT_THAT(testing::error_of<InputError>(
                  [&] { model->run(batch, [&](const auto&, const auto&, const float*) { traced = true; }); }),
              ::testing::AllOf(::testing::HasSubstr("text 1"), ::testing::HasSubstr("2048"),
                               ::testing::HasSubstr("2049")));
  EXPECT_FALSE(traced);
  EXPECT_EQ(
      load_gliner2_span(files_of("span-deberta-v3"), 1211, LoadOptions{"cpu", 1})->max_sequence_tokens(), 0);
}

}  // namespace
}  // namespace gliner
