// Which passes are captured, replayed and forgotten, with a capture that runs what it recorded.
#include "models/card_graphs.h"

#include <ATen/ATen.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <stdexcept>
#include <thread>

#include "fake_capture.h"

namespace gliner {
namespace {

using ::testing::HasSubstr;

/// A pass that adds its key to every word of the upload, and how often it ran.
struct Passes {
  std::map<std::int64_t, std::atomic<int>> runs;

  PassProgram of(std::int64_t key) {
    return [key, &count = runs[key]](const at::Tensor& upload) {
      ++count;
      return upload + key;
    };
  }
};

PackedUpload upload_of(std::int32_t value) {
  PackedUpload upload;
  upload.add(std::vector<std::int32_t>{value, value, value, value});
  return upload;
}

std::optional<std::int32_t> run(GraphLane& lane, Passes& passes, std::int64_t key, std::int32_t value,
                                CudaGraphReport& report) {
  const auto words = lane.run({key}, upload_of(value), passes.of(key), report);
  if (!words) return std::nullopt;
  EXPECT_EQ(words->size(), 4U);
  return words->front();
}

GraphLane lane_of(GraphLane::Limits limits, FakeCapture::Plan plan = {}) {
  return {c10::kCPU, std::make_unique<FakeCapture>(std::move(plan)), limits};
}

TEST(GraphLane, CapturesTheSecondTimeAndReplaysFromTheThirdOn) {
  GraphLane lane = lane_of({});
  Passes passes;
  CudaGraphReport report;
  EXPECT_EQ(run(lane, passes, 100, 1, report), std::nullopt) << "the caller runs it";
  EXPECT_EQ(passes.runs[100], 0);
  EXPECT_EQ(run(lane, passes, 100, 2, report), 102);
  EXPECT_EQ(report.captured, 1);
  EXPECT_EQ(report.replayed, 0);
  for (std::int32_t value = 3; value < 6; ++value)
    EXPECT_EQ(run(lane, passes, 100, value, report), 100 + value) << "what was captured, on what is new";
  EXPECT_EQ(report.replayed, 3);
  EXPECT_EQ(report.failures, 0);
}

TEST(GraphLane, WhatWasCapturedIsReplayedWhateverTheCallerBrings) {
  GraphLane lane = lane_of({});
  CudaGraphReport report;
  const auto times = [](std::int32_t factor) {
    return [factor](const at::Tensor& upload) { return upload * factor; };
  };
  for (int i = 0; i < 2; ++i) lane.run({1}, upload_of(1), times(10), report);
  EXPECT_EQ(lane.run({1}, upload_of(7), times(1000), report)->front(), 70);
}

TEST(GraphLane, ForgetsTheGraphThatWasUsedLongestAgo) {
  GraphLane lane = lane_of({/*graphs=*/2, /*keys=*/100, /*sightings=*/1});
  Passes passes;
  CudaGraphReport report;
  for (const std::int64_t key : {1, 2})
    for (int i = 0; i < 2; ++i) run(lane, passes, key, 0, report);
  EXPECT_EQ(run(lane, passes, 1, 0, report), 1);  // 2 is the one that was used longest ago now.
  for (int i = 0; i < 2; ++i) run(lane, passes, 3, 0, report);
  EXPECT_EQ(report.captured, 3);
  const std::int64_t replayed = report.replayed;
  EXPECT_EQ(run(lane, passes, 1, 5, report), 6);
  EXPECT_EQ(run(lane, passes, 3, 5, report), 8);
  EXPECT_EQ(report.replayed, replayed + 2);
  EXPECT_EQ(run(lane, passes, 2, 5, report), std::nullopt) << "it is new again";
}

TEST(GraphLane, SizesThatComeOnceDriveNoGraphOutBeforeTheirTime) {
  GraphLane lane = lane_of({/*graphs=*/2, /*keys=*/10, /*sightings=*/1});
  Passes passes;
  CudaGraphReport report;
  for (int i = 0; i < 2; ++i) run(lane, passes, 1, 0, report);
  for (std::int64_t key = 100; key < 109; ++key) run(lane, passes, key, 0, report);
  EXPECT_EQ(run(lane, passes, 1, 5, report), 6);
  for (std::int64_t key = 200; key < 210; ++key) run(lane, passes, key, 0, report);
  EXPECT_EQ(run(lane, passes, 1, 5, report), std::nullopt) << "ten others were seen since";
  EXPECT_EQ(report.captured, 1);
}

TEST(GraphLane, ACaptureThatFailsIsToldOnceAndNotTriedAgain) {
  FakeCapture::Plan plan;
  plan.refuse = true;
  GraphLane lane = lane_of({}, plan);
  Passes passes;
  CudaGraphReport report;
  run(lane, passes, 1, 0, report);
  EXPECT_EQ(run(lane, passes, 1, 5, report), 6) << "the answer was there before";
  EXPECT_EQ(report.failures, 1);
  EXPECT_THAT(report.failure, HasSubstr("refused"));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(run(lane, passes, 1, 5, report), std::nullopt);
  EXPECT_EQ(report.failures, 1);
  run(lane, passes, 2, 0, report);
  run(lane, passes, 2, 0, report);
  EXPECT_EQ(report.failures, 2) << "another size is tried";
  EXPECT_EQ(report.captured + report.replayed, 0);
}

TEST(GraphLane, APassThatFailsIsTheCallersAgain) {
  GraphLane lane = lane_of({});
  CudaGraphReport report;
  const PassProgram broken = [](const at::Tensor&) -> at::Tensor { throw std::runtime_error("no kernel"); };
  lane.run({1}, upload_of(0), broken, report);
  EXPECT_EQ(lane.run({1}, upload_of(0), broken, report), std::nullopt);
  EXPECT_EQ(report.failure, "no kernel");
}

TEST(GraphLane, AReplayThatFailsIsTheCallersAgain) {
  FakeCapture::Plan plan;
  plan.good_replays = 1;
  GraphLane lane = lane_of({}, plan);
  Passes passes;
  CudaGraphReport report;
  for (int i = 0; i < 3; ++i) run(lane, passes, 1, 0, report);
  EXPECT_EQ(run(lane, passes, 1, 0, report), std::nullopt);
  EXPECT_EQ(report.failures, 1);
  EXPECT_EQ(run(lane, passes, 1, 0, report), std::nullopt);
  EXPECT_EQ(report.failures, 1);
}

TEST(CardGraphs, ALaneBelongsToOnePassAtATime) {
  constexpr int kThreads = 6;
  constexpr int kPasses = 200;
  const auto lanes = std::make_shared<std::atomic<int>>(0);
  const auto make = [lanes] {
    ++*lanes;
    FakeCapture::Plan plan;
    plan.checks_owner = true;
    return std::make_unique<FakeCapture>(plan);
  };
  CardGraphs graphs(c10::kCPU, make, {/*graphs=*/2, /*keys=*/8, /*sightings=*/1}, /*lanes=*/2);
  Passes passes;
  std::map<std::int64_t, PassProgram> programs;
  for (std::int64_t key = 0; key < 4; ++key) programs[key] = passes.of(key);
  std::atomic<int> answered{0}, wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < kPasses; ++i) {
        const std::int64_t key = (t + i / 16) % 4;
        const std::int32_t value = 1000 * t + i;
        const auto words = graphs.run({key}, upload_of(value), programs[key]);
        if (!words) continue;
        ++answered;
        for (const std::int32_t word : *words) wrong += word != value + key;
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
  const CudaGraphReport report = graphs.report();
  EXPECT_EQ(report.failures, 0) << report.failure;
  EXPECT_EQ(report.replayed + report.launched, kThreads * kPasses);
  EXPECT_EQ(report.replayed + report.captured, answered);
  EXPECT_LE(*lanes, 2);
}

}  // namespace
}  // namespace gliner
