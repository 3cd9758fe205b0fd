// The pass that is made for cards, run on the CPU beside its oracle.
#include "models/gliner2_card_run.h"

#include <gtest/gtest.h>

#include <c10/core/InferenceMode.h>

#include <cmath>
#include <limits>

#include "fake_capture.h"
#include "io/model_dir.h"
#include "models/gliner2_run.h"
#include "random_batch.h"

namespace gliner {
namespace {

constexpr float kTolerance = 5e-5F;

class Gliner2CardRunTest : public ::testing::TestWithParam<std::pair<const char*, TokenPooling>> {
 protected:
  Gliner2CardRunTest() {
    const ModelFiles files =
        find_model_files(std::string(GLINER_TEST_DATA "/golden2/") + GetParam().first + "/model");
    model_ = load_gliner2_span(files, 491, LoadOptions{"cpu", 2});
  }

  TokenPooling pooling() const { return GetParam().second; }
  const Gliner2Modules& modules() const { return static_cast<const Gliner2Span&>(*model_).modules(); }
  std::vector<SequenceOutput> expected(const PackedBatch& batch) const { return model_->run(batch); }
  std::vector<SequenceOutput> found(const PackedBatch& batch, HeadRoom& room,
                                    CardGraphs* graphs = nullptr) const {
    const c10::InferenceMode inference;
    return Gliner2CardRun(modules(), batch, c10::kCPU, room, graphs).outputs();
  }
  // Captured at first sight: every pass is a padded one.
  static std::unique_ptr<CardGraphs> eager_graphs() {
    return std::make_unique<CardGraphs>(
        c10::kCPU, [] { return std::make_unique<FakeCapture>(); },
        GraphLane::Limits{/*graphs=*/32, /*keys=*/256, /*sightings=*/0});
  }
  // Candidates found.
  std::size_t compare(const PackedBatch& batch, HeadRoom& room, CardGraphs* graphs = nullptr) const {
    const std::vector<SequenceOutput> theirs = expected(batch);
    const std::vector<SequenceOutput> ours = found(batch, room, graphs);
    EXPECT_EQ(theirs.size(), ours.size());
    std::size_t candidates = 0;
    for (std::size_t s = 0; s < theirs.size(); ++s) {
      SCOPED_TRACE(::testing::Message() << "text " << s);
      expect_same(theirs[s], ours[s], kTolerance);
      for (const TaskOutput& task : theirs[s].tasks) candidates += task.candidates.size();
    }
    return candidates;
  }

 private:
  std::unique_ptr<Model> model_;
};

INSTANTIATE_TEST_SUITE_P(Models, Gliner2CardRunTest,
                         ::testing::Values(std::pair{"span-deberta-v3", TokenPooling::kFirst},
                                           std::pair{"span-deberta-v2cnt", TokenPooling::kMax},
                                           std::pair{"span-bert", TokenPooling::kMean},
                                           std::pair{"span-modernbert", TokenPooling::kFirst}));

TEST_P(Gliner2CardRunTest, FindsWhatTheOracleFinds) {
  std::size_t candidates = 0;
  for (unsigned seed = 0; seed < 6; ++seed) {
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    HeadRoom room;
    candidates += compare(random_batch(pooling(), 1 + static_cast<int>(seed), seed), room);
  }
  EXPECT_GT(candidates, 0U) << "the comparison would show nothing";
}

TEST_P(Gliner2CardRunTest, AReplayFindsWhatTheOracleFindsForTextsOfOtherLengths) {
  const std::unique_ptr<CardGraphs> graphs = eager_graphs();
  std::size_t candidates = 0, passes = 0;
  for (unsigned schema = 0; schema < 4; ++schema) {
    HeadRoom room;
    room.instances = kMaxCount;
    const PackedBatch longest = random_batch(pooling(), 1 + static_cast<int>(schema), 40 + schema);
    for (unsigned seed = 0; seed < 8; ++seed, ++passes) {
      SCOPED_TRACE(::testing::Message() << "schema " << schema << ", seed " << seed);
      candidates += compare(shortened(longest, seed), room, graphs.get());
    }
  }
  EXPECT_GT(candidates, 0U) << "the comparison would show nothing";
  const CudaGraphReport report = graphs->report();
  EXPECT_EQ(report.failures, 0) << report.failure;
  EXPECT_EQ(report.captured + report.replayed, passes) << "all of them padded";
  EXPECT_GT(report.replayed, passes / 4) << "lengths of a bucket share a graph";
}

TEST_P(Gliner2CardRunTest, WhatAGraphHasNoRoomForIsRunWithoutIt) {
  const std::unique_ptr<CardGraphs> graphs = eager_graphs();
  HeadRoom room;
  room.instances = 1;
  const PackedBatch longest = random_batch(pooling(), 3, 23);
  for (unsigned seed = 0; seed < 6; ++seed) {
    PackedBatch batch = shortened(longest, seed);
    if (seed % 2 == 1)  // Every span survives.
      for (PackedSequence& sequence : batch.sequences)
        for (TaskSlot& task : sequence.tasks) std::fill(task.thresholds.begin(), task.thresholds.end(), 0.0F);
    SCOPED_TRACE(::testing::Message() << "seed " << seed);
    compare(batch, room, graphs.get());
  }
  EXPECT_EQ(graphs->report().failures, 0) << graphs->report().failure;
}

TEST_P(Gliner2CardRunTest, LargeBatchesAreNotForGraphs) {
  const std::unique_ptr<CardGraphs> graphs = eager_graphs();
  HeadRoom room;
  const PackedBatch batch = random_batch(pooling(), 30, 3);
  ASSERT_GT(batch.ids.size(), static_cast<std::size_t>(kMostBucketTokens));
  compare(batch, room, graphs.get());
  EXPECT_EQ(graphs->report().launched + graphs->report().replayed, 0);
}

TEST_P(Gliner2CardRunTest, RunsTheHeadsAgainForMoreInstancesAndRemembersThem) {
  std::int64_t most = 0;
  for (unsigned seed = 20; seed < 26; ++seed) {
    const PackedBatch batch = random_batch(pooling(), 4, seed);
    HeadRoom room;
    room.instances = 1;
    compare(batch, room);
    std::int64_t largest = 1;
    for (const SequenceOutput& output : expected(batch))
      for (std::size_t t = 0; t < output.tasks.size(); ++t)
        if (batch.sequences[0].tasks[t].kind != TaskKind::kEntities)
          largest = std::max<std::int64_t>(largest, output.tasks[t].count);
    EXPECT_EQ(room.instances, largest);
    most = std::max(most, largest);
  }
  EXPECT_GT(most, 1) << "no task had instances to run again for";
}

TEST_P(Gliner2CardRunTest, LosesNothingWhenEverySpanSurvives) {
  PackedBatch batch = random_batch(pooling(), 3, 7);
  for (PackedSequence& sequence : batch.sequences)
    for (TaskSlot& task : sequence.tasks) std::fill(task.thresholds.begin(), task.thresholds.end(), 0.0F);
  HeadRoom room;
  const std::size_t rows =
      batch.sequences[0].rows.size() + batch.sequences[1].rows.size() + batch.sequences[2].rows.size();
  EXPECT_GT(compare(batch, room), 1024 + 2 * rows) << "the buffer was never full";
}

TEST_P(Gliner2CardRunTest, KnowsLabelsThatAreNeverFound) {
  PackedBatch batch = random_batch(pooling(), 2, 8);
  for (PackedSequence& sequence : batch.sequences)
    for (TaskSlot& task : sequence.tasks) {
      std::fill(task.thresholds.begin(), task.thresholds.end(), 0.1F);
      task.thresholds.front() = std::numeric_limits<float>::quiet_NaN();
    }
  HeadRoom room;
  compare(batch, room);
}

TEST_P(Gliner2CardRunTest, TakesTextsWithoutWordsAndTasksWithoutLabels) {
  PackedBatch batch = random_batch(pooling(), 3, 9);
  batch.sequences[0].rows.clear();
  batch.sequences[0].first_text_row = 0;
  for (TaskSlot& task : batch.sequences[0].tasks) task.choice_rows = 0;
  batch.sequences[1].tasks[0].markers.clear();
  batch.sequences[1].tasks[1].markers.resize(1);
  batch.sequences[1].tasks[1].thresholds.clear();
  batch.sequences[1].tasks[1].attribute_labels.clear();
  const std::unique_ptr<CardGraphs> graphs = eager_graphs();
  HeadRoom room;
  for (CardGraphs* by : {static_cast<CardGraphs*>(nullptr), graphs.get(), graphs.get()})
    compare(batch, room, by);
  for (TaskSlot& task : batch.sequences[2].tasks) task = TaskSlot{};
  batch.sequences[1].tasks.clear();
  for (CardGraphs* by : {static_cast<CardGraphs*>(nullptr), graphs.get(), graphs.get()})
    compare(batch, room, by);
  EXPECT_TRUE(found(PackedBatch{}, room).empty());
  EXPECT_TRUE(found(PackedBatch{}, room, graphs.get()).empty());
  EXPECT_EQ(graphs->report().failures, 0) << graphs->report().failure;
}

TEST_P(Gliner2CardRunTest, PoolsWordsWithoutTokens) {
  PackedBatch batch = random_batch(pooling(), 2, 10);
  if (pooling() == TokenPooling::kFirst)
    for (PackedSequence& sequence : batch.sequences) {
      sequence.rows[4].end = sequence.rows[4].begin;
      sequence.rows.push_back({sequence.token_end, sequence.token_end});  // Behind the end: zeros.
    }
  const std::unique_ptr<CardGraphs> graphs = eager_graphs();
  HeadRoom room;
  for (CardGraphs* by : {static_cast<CardGraphs*>(nullptr), graphs.get(), graphs.get()})
    compare(batch, room, by);
}

}  // namespace
}  // namespace gliner
