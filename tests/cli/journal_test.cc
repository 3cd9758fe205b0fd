#include "job/journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "exit_code.h"
#include "job/job_description.h"
#include "job/progress.h"
#include "process.h"

namespace gliner::cli {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::HasSubstr;

Checkpoint checkpoint(std::uint64_t rows) {
  Checkpoint made;
  made.tally.rows = rows;
  made.tally.failed = rows / 3;
  made.output_bytes = rows * 100;
  made.report_bytes = rows * 50;
  made.input_digest = "digest of " + std::to_string(rows);
  return made;
}

TEST(Journal, TellsTheLastCheckpoint) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/rows.jsonl.journal";
  EXPECT_FALSE(Journal::read(path));
  {
    Journal journal = Journal::create(path, {{"threshold", 0.5}});
    EXPECT_EQ(Journal::read(path)->last.tally.rows, 0u);
    EXPECT_EQ(Journal::read(path)->model, "");
    journal.add_model("abc");
    journal.add(checkpoint(8));
    journal.add(checkpoint(16));
  }
  const auto contents = Journal::read(path);
  ASSERT_TRUE(contents);
  EXPECT_EQ(contents->job, (Json{{"threshold", 0.5}}));
  EXPECT_EQ(contents->model, "abc");
  EXPECT_EQ(contents->last.tally.rows, 16u);
  EXPECT_EQ(contents->last.tally.failed, 5u);
  EXPECT_EQ(contents->last.output_bytes, 1600u);
  EXPECT_EQ(contents->last.report_bytes, 800u);
  EXPECT_EQ(contents->last.input_digest, "digest of 16");
}

TEST(Journal, CutAtAnyByteTellsTheCheckpointsThatAreWhole) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/j";
  std::vector<std::size_t> ends;  // bytes of the journal after each checkpoint
  {
    Journal journal = Journal::create(path, {{"threshold", 0.5}});
    ends.push_back(std::filesystem::file_size(path));
    for (std::uint64_t rows = 1; rows <= 4; ++rows) {
      journal.add(checkpoint(rows));
      ends.push_back(std::filesystem::file_size(path));
    }
  }
  const std::string whole = read_file(path);
  for (std::size_t size = ends.front(); size <= whole.size(); ++size) {
    std::uint64_t expected = 0;
    while (expected + 1 < ends.size() && ends[expected + 1] <= size) ++expected;
    for (const std::string& tail : {std::string(), std::string(20, '\0'), std::string("half a line")}) {
      folder.write("j", whole.substr(0, size) + tail);
      ASSERT_EQ(Journal::read(path)->last.tally.rows, expected) << size;
    }
    // Going on removes the torn line.
    Journal::append_to(path).add(checkpoint(100));
    ASSERT_EQ(Journal::read(path)->last.tally.rows, 100u) << size;
  }
}

TEST(Journal, AFileThatIsNoneIsRefused) {
  const TemporaryFolder folder;
  EXPECT_THROW(Journal::read(folder.write("a", "")), UsageError);
  EXPECT_THROW(Journal::read(folder.write("b", "some text\n")), UsageError);
}

TEST(Journal, ChangedBytesEndIt) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/j";
  Journal::create(path, Json::object()).add(checkpoint(7));
  std::string bytes = read_file(path);
  bytes[bytes.size() - 4] ^= 1;
  folder.write("j", bytes);
  EXPECT_EQ(Journal::read(path)->last.tally.rows, 0u);
}

TEST(JobDifferences, NameWhatDiffers) {
  const Json before = {{"inference", {{"threshold", 0.5}, {"raw", false}}}, {"model", "a"}};
  EXPECT_EQ(job_differences(before, before), "");
  const Json now = {{"inference", {{"threshold", 0.7}, {"raw", false}}}, {"model", "a"}, {"dtype", "int8"}};
  EXPECT_THAT(job_differences(before, now), HasSubstr("inference/threshold was 0.5, is 0.7"));
  EXPECT_THAT(job_differences(before, now), HasSubstr("dtype was absent, is \"int8\""));
}

TEST(Progress, LineShowsRatesOfThisRunAndTheTimeLeft) {
  Tally before;
  before.rows = 1000;
  before.tokens = 10000;
  Tally now = before;
  now.rows += 500;
  now.tokens += 20000;
  now.failed = 3;
  now.truncated = 2;
  // 25 % of the bytes were done before, another 25 % in ten seconds.
  EXPECT_EQ(progress_line(now, before, {500, 1000}, {250, 1000}, 10),
            " 50% |##########          | 1500 rows, 50.0 rows/s, 2000 tokens/s, ETA 0:20, 3 errors, 2 cut");
  EXPECT_EQ(progress_line(now, before, {500, {}}, {0, {}}, 10),
            "1500 rows, 50.0 rows/s, 2000 tokens/s, 3 errors, 2 cut");
  EXPECT_EQ(clock_time(59.6), "1:00");
  EXPECT_EQ(clock_time(3723), "1:02:03");
}

}  // namespace
}  // namespace gliner::cli
