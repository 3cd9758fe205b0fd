#include "random_job.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "process.h"

namespace gliner::cli {

std::string random_rows(int count, unsigned seed) {
  const std::vector<std::string> words = {"Ada",   "Lovelace", "works", "at",  "Acme",
                                          "Corp.", "in",       "Rome",  ".",   "Bob",
                                          "met",   "Carol",    ",",     "who", "lives"};
  std::mt19937 random(seed);
  std::string rows;
  for (int i = 0; i < count; ++i) {
    if (random() % 50 == 0) rows += "{\"id\": broken\n";
    std::string text;
    for (unsigned w = 3 + random() % 25; w > 0; --w) text += words[random() % words.size()] + " ";
    rows += nlohmann::json{{"id", i}, {"text", text}}.dump() + "\n";
  }
  return rows;
}

std::vector<std::string> random_job(const std::string& input, const std::string& output,
                                    const std::vector<std::string>& more) {
  std::vector<std::string> words = {"entities",
                                    "--model-dir",
                                    GLINER_TEST_DATA "/golden1/relex-dot/model",
                                    "--threads",
                                    "1",
                                    "--label",
                                    "person",
                                    "--label",
                                    "company",
                                    "--threshold",
                                    "0.3",
                                    input,
                                    "-o",
                                    output,
                                    "--checkpoint-seconds",
                                    "0"};
  words.insert(words.end(), more.begin(), more.end());
  return words;
}

void resume_to_the_end(const std::string& input, const std::string& output) {
  const Outcome outcome = run_gliner(random_job(input, output, {"--resume", "-q"}));
  ASSERT_EQ(outcome.exit_code, 1) << outcome.err;  // some rows are broken, all are there
}

}  // namespace gliner::cli
