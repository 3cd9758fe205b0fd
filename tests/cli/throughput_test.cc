// The whole command beside the library. GLINER_TEST_ROWS sets another number of rows.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "process.h"

namespace gliner::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Short rows of differing lengths: the less the model has to do, the more the rest would show.
std::string short_rows(int count) {
  const std::vector<std::string> texts = {
      "Tim Cook leads Apple.",
      "Angela Merkel met Emmanuel Macron in Paris on Monday, and both spoke of the treaty for an hour.",
      "Maria Silva works for Siemens in Munich.", "The weather stayed calm over the hills that day.",
      "In 1998 Larry Page and Sergey Brin founded Google in a garage of Menlo Park, California."};
  std::string rows;
  for (int i = 0; i < count; ++i) {
    rows += Json{{"id", i}, {"text", texts[static_cast<std::size_t>(i) % texts.size()]}}.dump() + "\n";
  }
  return rows;
}

TEST(Throughput, OfTheCommandIsThatOfTheLibrary) {
  constexpr double kShare = 0.95;
  constexpr int kMostTurns = 6;  // a busy machine may spoil some
  const char* given = std::getenv("GLINER_TEST_ROWS");
  const TemporaryFolder folder;
  const std::string input =
      folder.write("rows.jsonl", short_rows(given != nullptr ? std::atoi(given) : 8000));
  const std::string stats = folder.path() + "/stats.json";
  const auto words = [&](const std::string& name, const std::vector<std::string>& more) {
    std::vector<std::string> all = {name,      "--model-dir", GLINER_DEMO_MODEL, "--label", "person",
                                    "--label", "company",     "--label",         "city",    input};
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  double library = 0;  // rows per second, the best turn of each
  double command = 0;
  for (int turn = 0; turn < kMostTurns && (turn == 0 || command < kShare * library); ++turn) {
    // The command gives the library eight batches of 8 at once, and so does this.
    const Outcome bench = run_gliner(words("bench", {"--repeats", "1", "--texts-per-call", "64"}));
    ASSERT_EQ(bench.exit_code, 0) << bench.err;
    library = std::max(library, Json::parse(bench.out)["texts_per_second"].get<double>());
    const Outcome job =
        run_gliner(words("entities", {"-o", folder.path() + "/out.jsonl", "--stats", stats, "-q"}));
    ASSERT_EQ(job.exit_code, 0) << job.err;
    const Json summary = Json::parse(read_file(stats));
    ASSERT_TRUE(summary["complete"]);
    command = std::max(command, summary["rows_per_second"].get<double>());
    std::printf("turn %d: library %.1f rows/s, command %.1f rows/s (%.1f %%), started in %.3f s\n", turn,
                library, command, 100 * command / library, summary["load_seconds"].get<double>());
  }
  EXPECT_GE(command, kShare * library);
}

}  // namespace
}  // namespace gliner::cli
