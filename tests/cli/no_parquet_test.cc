// A gliner that was built without Parquet says so, and how to get one.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "process.h"

namespace gliner::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(NoParquet, SaysHowToGetIt) {
  const TemporaryFolder folder;
  const std::string parquet = folder.write("rows.parquet", "PAR1");
  const std::string rows = folder.write("rows.jsonl", "\"Tim Cook leads Apple.\"\n");
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{parquet},
        {rows, "-o", folder.path() + "/out.parquet"},
        {rows, "-o", folder.path() + "/out.jsonl", "--output-format", "parquet"}}) {
    std::vector<std::string> all = {"entities", "--label", "person"};
    all.insert(all.end(), words.begin(), words.end());
    const Outcome outcome = run_gliner(all);
    EXPECT_EQ(outcome.exit_code, 2);
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("built without Parquet"), HasSubstr("GLINER_PARQUET=ON")));
  }
}

}  // namespace
}  // namespace gliner::cli
