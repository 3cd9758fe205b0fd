// A million short rows through a tiny model: memory must not grow with them. GLINER_TEST_ROWS sets another
// number.

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>

#include "process.h"

namespace gliner::cli {
namespace {

/// Resident pages of a running process, in bytes.
std::size_t resident_bytes(pid_t pid) {
  std::ifstream statm("/proc/" + std::to_string(pid) + "/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  statm >> all >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

TEST(FlatMemory, AtTheEndIsThatOfTheBeginning) {
  const char* given = std::getenv("GLINER_TEST_ROWS");
  const std::size_t rows = given != nullptr ? std::stoul(given) : 1000000;
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/rows.jsonl";
  {
    std::ofstream input(path);
    for (std::size_t i = 0; i < rows; ++i)
      input << "{\"id\":" << i << ",\"text\":\"Ada met Bob " << i % 97 << "\"}\n";
  }
  RunningGliner command({"entities", "--model-dir", GLINER_TEST_DATA "/golden1/relex-dot/model", "--threads",
                         "1", "--batch-size", "64", "--label", "person", path});
  std::size_t early = 0;
  for (std::size_t row = 0; row < rows; ++row) {
    ASSERT_FALSE(command.read_line().empty()) << row;
    if (row == rows / 20) early = resident_bytes(command.pid());
    // The last rows are still to be written: the process is there.
    if (row == rows - 2000) {
      const std::size_t late = resident_bytes(command.pid());
      std::printf("resident at %zu rows: %.1f MiB, at %zu: %.1f MiB\n", rows / 20,
                  static_cast<double>(early) / 1048576, row, static_cast<double>(late) / 1048576);
      EXPECT_GT(early, 0u);
      EXPECT_LE(static_cast<double>(late), 1.05 * static_cast<double>(early));
    }
  }
  EXPECT_EQ(command.finish().exit_code, 0);
}

}  // namespace
}  // namespace gliner::cli
