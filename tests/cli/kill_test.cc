// Jobs that are killed two hundred times lose nothing.

#include <gtest/gtest.h>
#include <signal.h>

#include <chrono>
#include <filesystem>
#include <random>
#include <thread>

#include "process.h"
#include "random_job.h"

namespace gliner::cli {
namespace {

namespace fs = std::filesystem;

class Killed : public ::testing::TestWithParam<const char*> {};

TEST_P(Killed, AtRandomMomentsAJobEndsWithTheSameBytes) {
  constexpr int kJobs = 4;
  constexpr int kKills = 10;  // of each; five formats make 200
  const TemporaryFolder folder;
  const std::string input = folder.write("rows.jsonl", random_rows(1200, 7));
  const std::string expected = folder.path() + "/expected" + GetParam();
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_EQ(run_gliner(random_job(input, expected)).exit_code, 1);
  const auto duration =
      std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - begin);

  std::mt19937 random(11);
  for (int j = 0; j < kJobs; ++j) {
    const std::string output = folder.path() + "/" + std::to_string(j) + GetParam();
    for (int kill = 0; kill < kKills; ++kill) {
      RunningGliner command(random_job(input, output, {"--resume"}));
      std::this_thread::sleep_for(duration * (random() % 1000) / 1000);
      command.send(SIGKILL);
      const int exit_code = command.finish().exit_code;
      ASSERT_TRUE(exit_code == 128 + SIGKILL || exit_code == 1) << exit_code;
    }
    resume_to_the_end(input, output);
    ASSERT_EQ(read_file(output), read_file(expected)) << "job " << j;
    EXPECT_FALSE(fs::exists(output + ".journal"));
  }
}

INSTANTIATE_TEST_SUITE_P(Formats, Killed,
                         ::testing::Values(".jsonl", ".jsonl.gz", ".jsonl.zst", ".csv", ".html"));

}  // namespace
}  // namespace gliner::cli
