// Jobs over many records as a person runs them: what happens when they are stopped, fail or are repeated.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

#include "bad_rows.h"
#include "process.h"
#include "random_job.h"

namespace gliner::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

const std::string kDemo = GLINER_DEMO_MODEL;

// ---- resume ----

/// The limit of the size of files of the processes that are started while it lives: a disk that is full.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit limit = {bytes, before_.rlim_max};
    setrlimit(RLIMIT_FSIZE, &limit);
  }
  ~FullDisk() { setrlimit(RLIMIT_FSIZE, &before_); }

 private:
  rlimit before_ = {};
};

TEST(Resume, AfterAFullDiskAtAnyByte) {
  const TemporaryFolder folder;
  const std::string input = folder.write("rows.jsonl", random_rows(200, 3));
  const std::string expected = folder.path() + "/expected.jsonl";
  ASSERT_EQ(run_gliner(random_job(input, expected)).exit_code, 1);
  const std::string whole = read_file(expected);
  const std::string output = folder.path() + "/rows.out.jsonl";
  for (std::size_t limit = 4096; limit < whole.size(); limit += whole.size() / 9) {
    Outcome outcome;
    {
      const FullDisk full(limit);
      outcome = run_gliner(random_job(input, output, {"--resume"}));
    }
    EXPECT_EQ(outcome.exit_code, 1);
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("cannot write"), HasSubstr("--resume")));
    const std::string part = read_file(output);
    EXPECT_EQ(part, whole.substr(0, part.size()));
    EXPECT_TRUE(part.empty() || part.back() == '\n');  // whole rows only
  }
  resume_to_the_end(input, output);
  EXPECT_EQ(read_file(output), whole);
}

TEST(Resume, WhatDoesNotFitIsRefused) {
  const TemporaryFolder folder;
  const std::string input = folder.write("rows.jsonl", random_rows(300, 5));
  const std::string output = folder.path() + "/out.jsonl";
  // Stopped by the first broken row behind some windows.
  const std::string with_bad_end = folder.write("bad.jsonl", random_rows(200, 5) + "broken\n");
  ASSERT_EQ(run_gliner(random_job(with_bad_end, output, {"--max-errors", "3"})).exit_code, 1);
  ASSERT_TRUE(fs::exists(output + ".journal"));
  const std::string before = read_file(output);

  const auto refused = [&](const std::vector<std::string>& words) {
    const Outcome outcome = run_gliner(words);
    EXPECT_EQ(outcome.exit_code, 2) << outcome.err;
    return outcome.err;
  };
  std::vector<std::string> other_threshold =
      random_job(with_bad_end, output, {"--resume", "--batch-size", "4"});
  EXPECT_THAT(refused(other_threshold), HasSubstr("inference/batch_size was 8, is 4"));
  EXPECT_THAT(refused(random_job(folder.write("other.jsonl", random_rows(300, 6)), output, {"--resume"})),
              HasSubstr("another one"));
  EXPECT_THAT(refused(random_job(folder.write("short.jsonl", random_rows(2, 5)), output, {"--resume"})),
              HasSubstr("another one"));
  std::vector<std::string> other_model = random_job(with_bad_end, output, {"--resume"});
  other_model[2] = kDemo;
  EXPECT_THAT(refused(other_model), HasSubstr("model was"));
  EXPECT_EQ(read_file(output), before);

  EXPECT_THAT(refused(random_job("-", output, {"--resume"})), HasSubstr("--resume needs"));
  EXPECT_THAT(refused(random_job(input, "-", {"--resume"})), HasSubstr("--resume needs -o FILE"));
  EXPECT_THAT(refused(random_job(input, folder.write("old.jsonl", "{}\n"), {"--resume"})),
              HasSubstr("no journal"));
}

TEST(Resume, OfACompleteJobDoesNothing) {
  const TemporaryFolder folder;
  const std::string input = folder.write("rows.jsonl", random_rows(20, 1));
  const std::string output = folder.path() + "/out.jsonl";
  const int exit_code = run_gliner(random_job(input, output, {"--resume"})).exit_code;
  const std::string bytes = read_file(output);
  const Outcome again = run_gliner(random_job(input, output, {"--resume"}));
  EXPECT_EQ(again.exit_code, exit_code);
  EXPECT_THAT(again.err, HasSubstr("complete already"));
  EXPECT_EQ(read_file(output), bytes);
}

class Stopped : public ::testing::TestWithParam<int> {};

TEST_P(Stopped, ByASignalAJobSaysHowToGoOn) {
  const TemporaryFolder folder;
  const std::string input = folder.write("rows.jsonl", random_rows(3000, 9));
  const std::string expected = folder.path() + "/expected.jsonl";
  ASSERT_EQ(run_gliner(random_job(input, expected)).exit_code, 1);
  const std::string output = folder.path() + "/out.jsonl";
  RunningGliner command(random_job(input, output));
  while (!fs::exists(output) || fs::file_size(output) == 0) std::this_thread::yield();  // it is at work
  command.send(GetParam());
  const Outcome outcome = command.finish();
  EXPECT_EQ(outcome.exit_code, 128 + GetParam());
  EXPECT_THAT(outcome.err, AllOf(HasSubstr("records were written"), HasSubstr("--resume")));
  const std::string part = read_file(output);
  EXPECT_EQ(part, read_file(expected).substr(0, part.size()));
  EXPECT_EQ(part.back(), '\n');
  resume_to_the_end(input, output);
  EXPECT_EQ(read_file(output), read_file(expected));
}

INSTANTIATE_TEST_SUITE_P(Signals, Stopped, ::testing::Values(SIGINT, SIGTERM));

// ---- bad rows ----

TEST(BadRows, OfAHundredKindsLeaveTheGoodOnesAlone) {
  const TemporaryFolder folder;
  const std::vector<std::string> bad = bad_rows();
  EXPECT_GE(bad.size(), 100u);
  const std::vector<std::string> good = {"Tim Cook leads Apple.",
                                         "Angela Merkel met Emmanuel Macron in Paris.",
                                         "Maria Silva works for Siemens in Munich."};
  std::string input;
  for (std::size_t i = 0; i < bad.size(); ++i) {
    input += bad[i] + "\n" + Json{{"id", "good"}, {"text", good[i % good.size()]}}.dump() + "\n";
  }
  const auto command = [](const std::vector<std::string>& more) {
    std::vector<std::string> words = {"entities", "--model-dir", kDemo,    "--label",
                                      "person",   "--label",     "company"};
    words.insert(words.end(), more.begin(), more.end());
    return words;
  };
  std::vector<std::string> good_rows;
  for (const std::string& text : good) {
    good_rows.push_back(rows(run_gliner(command({"--text", text})).out).at(0)["result"].dump());
  }
  const std::string stats = folder.path() + "/stats.json";
  const Outcome outcome = run_gliner(command({folder.write("zoo.jsonl", input), "--stats", stats}));
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.err,
              HasSubstr(std::to_string(bad.size()) + " of " + std::to_string(2 * bad.size()) + " records"));
  const std::vector<Json> found = rows(outcome.out);
  ASSERT_EQ(found.size(), 2 * bad.size());
  for (std::size_t i = 0; i < bad.size(); ++i) {
    const std::string shown = bad[i].substr(0, 60);
    ASSERT_TRUE(found[2 * i].contains("error")) << shown;
    EXPECT_THAT(found[2 * i]["error"].get<std::string>(),
                HasSubstr("line " + std::to_string(2 * i + 1) + ": "))
        << shown;
    EXPECT_TRUE(found[2 * i].contains("id")) << shown;
    EXPECT_EQ(found[2 * i + 1]["id"], "good") << shown;
    EXPECT_EQ(found[2 * i + 1]["result"].dump(), good_rows[i % good.size()]) << shown;
  }
  const Json summary = Json::parse(read_file(stats));
  EXPECT_EQ(summary["failed"], bad.size());
  EXPECT_EQ(summary["exit_code"], 1);
}

TEST(BadRows, StopTheJobWhenThereAreTooMany) {
  const TemporaryFolder folder;
  const std::string input = folder.write("rows.jsonl", "\"a b\"\nbad\n\"c\"\nbad\n\"d\"\nbad\n\"e\"\n");
  const Outcome fast = run_gliner(random_job(input, "-", {"--fail-fast"}));
  EXPECT_EQ(fast.exit_code, 1);
  EXPECT_EQ(rows(fast.out).size(), 2u);
  EXPECT_THAT(fast.err, HasSubstr("stopped: 1 records failed"));
  EXPECT_EQ(rows(run_gliner(random_job(input, "-", {"--max-errors", "1"})).out).size(), 4u);
  const Outcome enough = run_gliner(random_job(input, "-", {"--max-errors", "3"}));
  EXPECT_EQ(rows(enough.out).size(), 7u);
  EXPECT_THAT(enough.err, Not(HasSubstr("stopped")));
}

// ---- long documents ----

TEST(LongTexts, AreCutReportedRefusedOrReadInWindows) {
  std::string text;
  for (int i = 0; i < 80; ++i) text += "The weather stayed calm over the hills that day. ";
  text += "Tim Cook leads Apple.";
  const TemporaryFolder folder;
  const std::string input = folder.write("a.jsonl", Json{{"text", text}}.dump() + "\n");
  const auto run = [&](const std::vector<std::string>& more) {
    std::vector<std::string> words = {
        "run", "--model-dir", kDemo, "--schema-file", R"({"entities":["person"]})", input};
    words.insert(words.end(), more.begin(), more.end());
    const Outcome outcome = run_gliner(words);
    return rows(outcome.out).at(0);
  };
  // The model has positions for 512 tokens.
  EXPECT_EQ(run({})["result"]["entities"]["person"], Json({"Tim Cook"}));
  EXPECT_EQ(run({"--on-truncation", "window", "--window-ends", "sentences"})["result"]["entities"]["person"],
            Json({"Tim Cook"}));
  EXPECT_THAT(run({"--on-truncation", "report"})["error"].get<std::string>(), HasSubstr("tokens"));
  EXPECT_GT(run({"--max-len", "50"})["truncated_words"], 0);
  EXPECT_THAT(run({"--max-len", "50", "--on-truncation", "error"})["error"].get<std::string>(),
              HasSubstr("cut"));
}

// ---- job files ----

TEST(JobFile, SaysEverythingAndTheCommandLineOverrides) {
  const TemporaryFolder folder;
  folder.write("rows.csv", "key,body\n7,Tim Cook leads Apple.\n");
  const std::string path = folder.write("job.json", Json{{"model_dir", kDemo},
                                                         {"schema", {{"entities", {"person", "company"}}}},
                                                         {"input", "rows.csv"},
                                                         {"output", "answers.jsonl"},
                                                         {"device", "cpu"},
                                                         {"options",
                                                          {{"text_field", "body"},
                                                           {"id-field", "key"},
                                                           {"threshold", 0.4},
                                                           {"include_confidence", true},
                                                           {"include_spans", false}}}}
                                                        .dump());
  const Outcome outcome = run_gliner({"run", path});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json row = rows(read_file(folder.path() + "/answers.jsonl")).at(0);
  EXPECT_EQ(row["id"], "7");
  EXPECT_EQ(row["result"]["entities"]["person"][0]["text"], "Tim Cook");
  EXPECT_FALSE(row["result"]["entities"]["person"][0].contains("start"));
  const Json manifest = Json::parse(read_file(folder.path() + "/answers.jsonl.manifest.json"));
  EXPECT_EQ(manifest["counts"]["rows"], 1);
  EXPECT_EQ(manifest["job"]["inference"]["threshold"], 0.4);
  EXPECT_EQ(manifest["job"]["schema"]["entities"].size(), 2u);
  bool has_weights = false;
  for (const Json& file : manifest["model"]["files"])
    has_weights = has_weights || file["name"] == "model.safetensors";
  EXPECT_TRUE(has_weights);

  const Outcome other = run_gliner({"run", path, "-o", "-", "--threshold", "1"});
  EXPECT_EQ(other.exit_code, 0) << other.err;
  EXPECT_EQ(rows(other.out).at(0)["result"]["entities"]["person"], Json::array());
}

TEST(JobFile, ThatIsWrongSaysWhere) {
  const TemporaryFolder folder;
  const auto failure = [&folder](const Json& job) {
    const Outcome outcome = run_gliner({"run", folder.write("job.json", job.dump())});
    EXPECT_EQ(outcome.exit_code, 2);
    return outcome.err;
  };
  EXPECT_THAT(failure({{"input", "x.jsonl"}, {"shema", 1}}), HasSubstr("unknown key \"shema\""));
  EXPECT_THAT(failure({{"input", "x.jsonl"}, {"schema", 1}}), HasSubstr("\"schema\": expected"));
  EXPECT_THAT(failure({{"input", "x.jsonl"}, {"options", {{"treshold", 1}}}}), HasSubstr("treshold"));
  EXPECT_THAT(failure({{"input", "x.jsonl"}, {"options", {{"threshold", 2}}}}), HasSubstr("threshold"));
  EXPECT_THAT(failure({{"input", 5}}), HasSubstr("\"input\": expected a path, found number"));
}

}  // namespace
}  // namespace gliner::cli
