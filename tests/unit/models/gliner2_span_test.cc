#include "models/gliner2_span.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <thread>

#include "../io/test_files.h"
#include "io/model_dir.h"
#include "random_batch.h"

namespace gliner {
namespace {

ModelFiles files_of(const std::string& model) {
  return find_model_files(GLINER_TEST_DATA "/golden2/" + model + "/model");
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
