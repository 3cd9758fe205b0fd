#include "nn/threads.h"

#include <gtest/gtest.h>
#include <sched.h>

#include <atomic>
#include <stdexcept>
#include <thread>
#include <vector>

namespace gliner {
namespace {

TEST(Threads, AllowedCpusFollowTheAffinityMask) {
  cpu_set_t before;
  ASSERT_EQ(sched_getaffinity(0, sizeof(before), &before), 0);
  EXPECT_EQ(allowed_cpus(), CPU_COUNT(&before));
  int first = 0;
  while (!CPU_ISSET(first, &before)) ++first;
  cpu_set_t one;
  CPU_ZERO(&one);
  CPU_SET(first, &one);
  ASSERT_EQ(sched_setaffinity(0, sizeof(one), &one), 0);
  EXPECT_EQ(allowed_cpus(), 1);
  ASSERT_EQ(sched_setaffinity(0, sizeof(before), &before), 0);
}

TEST(Threads, AScopeHoldsForItsThreadAndEnds) {
  const int before = intra_op_threads();
  {
    const IntraOpScope three(3);
    EXPECT_EQ(intra_op_threads(), 3);
    std::thread([] {
      const IntraOpScope one(1);
      EXPECT_EQ(intra_op_threads(), 1);
    }).join();
    EXPECT_EQ(intra_op_threads(), 3);
  }
  EXPECT_EQ(intra_op_threads(), before);
}

TEST(Threads, EveryTaskRunsOnce) {
  for (const int threads : {1, 2, 5}) {
    const IntraOpScope scope(threads);
    std::vector<std::atomic<int>> runs(1000);
    parallel_tasks(1000, [&](std::int64_t i) { ++runs[static_cast<std::size_t>(i)]; });
    for (const auto& count : runs) EXPECT_EQ(count, 1);
    parallel_tasks(0, [&](std::int64_t) { FAIL(); });
  }
}

TEST(Threads, RangesCoverEveryIndexOnceAndHoldTheGrain) {
  for (const int threads : {1, 2, 5}) {
    const IntraOpScope scope(threads);
    for (const std::int64_t count : {1, 9, 10, 1000}) {
      std::vector<std::atomic<int>> runs(static_cast<std::size_t>(count));
      std::atomic<bool> short_range{false};
      parallel_ranges(count, 10, [&](std::int64_t begin, std::int64_t end) {
        if (end - begin < 10 && end != count) short_range = true;
        for (std::int64_t i = begin; i < end; ++i) ++runs[static_cast<std::size_t>(i)];
      });
      for (const auto& runs_of_index : runs) EXPECT_EQ(runs_of_index, 1);
      EXPECT_FALSE(short_range);
    }
  }
}

TEST(Threads, TasksInsideATaskRunOnItsThread) {
  const IntraOpScope scope(2);
  std::atomic<int> inner{0};
  parallel_tasks(4, [&](std::int64_t) {
    const auto here = std::this_thread::get_id();
    parallel_tasks(3, [&](std::int64_t) {
      EXPECT_EQ(std::this_thread::get_id(), here);
      ++inner;
    });
  });
  EXPECT_EQ(inner, 12);
}

TEST(Threads, ATasksExceptionReachesTheCaller) {
  const IntraOpScope scope(2);
  EXPECT_THROW(parallel_tasks(8,
                              [](std::int64_t i) {
                                if (i == 5) throw std::runtime_error("task");
                              }),
               std::runtime_error);
}

}  // namespace
}  // namespace gliner
