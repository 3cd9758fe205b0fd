// Every recorded case of every model in tests/data/golden2, and the bundled model's recorded answers.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "golden_calls.h"
#include "golden_compare.h"

namespace {

using golden::Json;

/// Scores of a correct engine differ from the recorded ones by rounding only.
constexpr double kScoreTolerance = 1e-4;

std::vector<Json> read_lines(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::vector<Json> lines;
  for (std::string line; std::getline(in, line);) {
    if (!line.empty()) lines.push_back(Json::parse(line));
  }
  return lines;
}

/// Runs all cases; returns the differences of those that are not fragile.
std::vector<std::string> run_cases(const std::string& directory, const std::vector<Json>& cases) {
  std::map<std::string, gliner::Extractor> models;
  std::vector<std::string> differences;
  for (const Json& item : cases) {
    const std::string splitter = item.value("word_splitter", std::string("whitespace"));
    if (models.count(splitter) == 0) {
      gliner::LoadOptions options;
      options.word_splitter = gliner::parse_word_splitter(splitter);
      models.emplace(splitter, gliner::Extractor::load(directory, options));
    }
    std::string what;
    try {
      const Json found =
          golden::answer(models.at(splitter), item.at("call").get<std::string>(), item.at("args"));
      if (item.contains("error")) {
        if (golden::is_refusal(item.at("error")))
          what = "was answered, but must be refused: " + item.at("error").dump();
      } else {
        what = golden::difference(item.at("expect"), found, kScoreTolerance);
      }
    } catch (const gliner::InputError& e) {
      if (!item.contains("error")) what = std::string("was refused: ") + e.what();
    }
    if (!what.empty() && !item.value("fragile", false)) {
      differences.push_back(item.at("id").get<std::string>() + ": " + what);
    }
  }
  return differences;
}

std::string test_name(const testing::TestParamInfo<std::string>& param) {
  std::string name = param.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

class GoldenModel : public testing::TestWithParam<std::string> {};

TEST_P(GoldenModel, AnswersEveryRecordedCaseAsTheReferenceDid) {
  const std::filesystem::path folder = std::filesystem::path(GLINER_TEST_DATA) / "golden2" / GetParam();
  const std::vector<Json> cases = read_lines(folder / "cases.jsonl");
  ASSERT_GT(cases.size(), 100U) << folder;
  EXPECT_THAT(run_cases((folder / "model").string(), cases), testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Span, GoldenModel,
                         testing::Values("span-bert", "span-deberta-v2cnt", "span-deberta-v3",
                                         "span-modernbert"),
                         test_name);

class Gliner1Model : public testing::TestWithParam<std::string> {};

TEST_P(Gliner1Model, AnswersEveryRecordedCaseAsTheReferenceDid) {
  const std::filesystem::path folder = std::filesystem::path(GLINER_TEST_DATA) / "golden1" / GetParam();
  const std::vector<Json> cases = read_lines(folder / "cases.jsonl");
  ASSERT_GT(cases.size(), 20U) << folder;
  EXPECT_THAT(run_cases((folder / "model").string(), cases), testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Models, Gliner1Model,
                         testing::Values("bi-token", "relex-dot", "streaming-gpt2", "token-pool-first",
                                         "uni-span-bert", "uni-span-decoder-short"),
                         test_name);

class Gliner1Prompts : public testing::TestWithParam<std::string> {};

TEST_P(Gliner1Prompts, AreThoseOfTheReference) {
  const std::filesystem::path folder = std::filesystem::path(GLINER_TEST_DATA) / "golden1" / GetParam();
  const auto tokenizer = gliner::PromptTokenizer::load((folder / "model").string());
  const std::vector<Json> lines = read_lines(folder / "tokenizer.jsonl");
  ASSERT_GT(lines.size(), 10U);
  for (const Json& line : lines) {
    const Json found = golden::prompt_line(tokenizer, line);
    for (const auto& [key, value] : line.items()) {
      if (key != "text" && key != "labels") {
        EXPECT_EQ(found.value(key, Json()), value) << key << " of " << line.at("text");
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Gliner1Prompts,
                         testing::Values("bi-token", "relex-dot", "streaming-gpt2", "token-pool-first",
                                         "uni-span-bert", "uni-span-decoder-short", "uni-token-deberta"),
                         test_name);

TEST(BundledModel, AnswersItsEvaluationFileAsTheReferenceDid) {
  const std::vector<Json> cases = read_lines(std::filesystem::path(GLINER_DEMO_MODEL) / "expected.jsonl");
  ASSERT_GT(cases.size(), 100U);
  EXPECT_THAT(run_cases(GLINER_DEMO_MODEL, cases), testing::IsEmpty());
}

}  // namespace
