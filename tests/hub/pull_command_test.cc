// `gliner pull` and --model ... --download as a person runs them, against a hub inside the test.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/file.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <thread>

#include "../cli/process.h"
#include "hub_server.h"

namespace gliner::cli {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::ends_with;
using ::testing::HasSubstr;
using testing::HubServer;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::ServedRequest;
using testing::ServedResponse;

std::map<std::string, std::string> demo_files() {
  const fs::path demo = GLINER_DEMO_MODEL;
  std::map<std::string, std::string> files;
  for (const char* name : {"config.json", "encoder_config/config.json", "tokenizer.json",
                           "tokenizer_config.json", "model.safetensors"}) {
    files[name] = read_file((demo / name).string());
  }
  return files;
}

class PullCommand : public ::testing::Test {
 protected:
  Environment environment() const {
    return {{"HF_HOME", folder_.path()},
            {"HF_ENDPOINT", hub_.endpoint()},
            {"HF_HUB_CACHE", ""},
            {"HUGGINGFACE_HUB_CACHE", ""},
            {"HF_HUB_OFFLINE", ""},
            {"TRANSFORMERS_OFFLINE", ""},
            {"HF_TOKEN", "hf_secretOfTheTest"},
            {"no_proxy", "*"},
            {"OMP_WAIT_POLICY", "passive"}};
  }
  Outcome run(const std::vector<std::string>& arguments) const {
    return run_gliner(arguments, "", environment());
  }
  fs::path repository() const { return fs::path(folder_.path()) / "hub/models--org--tiny"; }
  fs::path partial() const {
    return repository() / "blobs" / (hub_.etag("model.safetensors") + ".incomplete");
  }
  std::string snapshot() const { return (repository() / "snapshots" / HubServer::kCommit).string(); }

  /// A pull that hangs in the middle of the weights.
  std::unique_ptr<RunningGliner> start_a_pull_that_hangs() {
    hub_.intercept([](const ServedRequest& request, ServedResponse& response) {
      if (request.method != "GET" || !ends_with(request.target, "model.safetensors")) return;
      response.cut_after = 1'000'000;
      response.stall = true;
    });
    auto running = std::make_unique<RunningGliner>(
        std::vector<std::string>{"pull", "org/tiny", "--timeout-ms", "600000"}, environment());
    // The ctest time limit ends this should the bytes never come.
    std::error_code error;
    while (fs::file_size(partial(), error) != 1'000'000 || error) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return running;
  }
  void expect_that_a_new_pull_goes_on() {
    EXPECT_FALSE(fs::exists(repository() / "refs/main"));
    hub_.intercept({});
    const Outcome outcome = run({"pull", "org/tiny"});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.out, snapshot() + "\n");
    EXPECT_EQ(hub_.requests_for("GET", "model.safetensors").back().header("range"), "bytes=1000000-");
    EXPECT_TRUE(read_file(snapshot() + "/model.safetensors") == demo_files().at("model.safetensors"));
    EXPECT_FALSE(fs::exists(partial()));
  }

  TemporaryFolder folder_;
  HubServer hub_{"org/tiny", demo_files()};
};

TEST_F(PullCommand, PrintsTheFolderAndNothingElse) {
  const Outcome outcome = run({"pull", "org/tiny"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_EQ(outcome.out, snapshot() + "\n");
  EXPECT_THAT(outcome.err, IsEmpty());
  const Outcome offline =
      run_gliner({"entities", "--model", "org/tiny", "--label", "person", "--text", "Tim Cook sings."}, "",
                 {{"HF_HOME", folder_.path()}, {"HF_HUB_CACHE", ""}, {"HF_HUB_OFFLINE", "1"}});
  EXPECT_EQ(offline.exit_code, 0) << offline.err;
  EXPECT_THAT(offline.out, HasSubstr("Tim Cook"));
}

TEST_F(PullCommand, DryRunListsAndWritesNothing) {
  const Outcome outcome = run({"pull", "org/tiny@main", "--dry-run"});
  EXPECT_EQ(outcome.exit_code, 0);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("model.safetensors"), HasSubstr("35.6 MB  to fetch"),
                                 HasSubstr(HubServer::kCommit)));
  EXPECT_FALSE(fs::exists(repository()));
}

TEST_F(PullCommand, DownloadOnRequest) {
  const std::vector<std::string> words = {"entities", "--model", "org/tiny",       "--label",
                                          "person",   "--text",  "Tim Cook sings."};
  const Outcome without = run(words);
  EXPECT_EQ(without.exit_code, 3);
  EXPECT_THAT(without.err, HasSubstr("gliner pull org/tiny"));
  EXPECT_THAT(hub_.requests(), IsEmpty());
  std::vector<std::string> more = words;
  more.push_back("--download");
  const Outcome with = run(more);
  EXPECT_EQ(with.exit_code, 0) << with.err;
  EXPECT_THAT(with.out, HasSubstr("Tim Cook"));
}

TEST_F(PullCommand, KilledInTheMiddleItGoesOn) {
  auto running = start_a_pull_that_hangs();
  running->send(SIGKILL);
  EXPECT_EQ(running->finish().exit_code, 128 + SIGKILL);
  expect_that_a_new_pull_goes_on();
}

TEST_F(PullCommand, InterruptedItSaysHowToGoOn) {
  auto running = start_a_pull_that_hangs();
  running->send(SIGINT);
  const Outcome outcome = running->finish();
  EXPECT_EQ(outcome.exit_code, 128 + SIGINT);
  EXPECT_THAT(outcome.err, HasSubstr("the same pull goes on from there"));
  expect_that_a_new_pull_goes_on();
}

TEST_F(PullCommand, TwoProcessesAtOnceDownloadOnce) {
  RunningGliner first({"pull", "org/tiny"}, environment());
  RunningGliner second({"pull", "org/tiny"}, environment());
  EXPECT_EQ(first.finish().out, snapshot() + "\n");
  EXPECT_EQ(second.finish().out, snapshot() + "\n");
  EXPECT_EQ(hub_.requests_for("GET", "model.safetensors").size(), 1U);
  EXPECT_TRUE(read_file(snapshot() + "/model.safetensors") == demo_files().at("model.safetensors"));
}

TEST_F(PullCommand, FailuresEndWithThreeAndNeverShowTheToken) {
  for (const char* id : {"org/other", "org/tiny@nowhere"}) {
    const Outcome outcome = run({"-vv", "pull", id});
    EXPECT_EQ(outcome.exit_code, 3);
    EXPECT_THAT(outcome.out, IsEmpty());
    EXPECT_THAT(outcome.err, AllOf(HasSubstr(hub_.endpoint()), Not(HasSubstr("hf_secret"))));
  }
}

TEST_F(PullCommand, WrongUseEndsWithTwo) {
  const std::vector<std::vector<std::string>> lines = {
      {"pull"},
      {"pull", "../x"},
      {"pull", "org/tiny@a", "--revision", "b"},
      {"pull", "org/tiny", "--retries", "-1"},
      {"pull", "org/tiny", "--model", "org/tiny"},
      {"entities", "--download", "--label", "a", "--text", "b"}};
  for (const std::vector<std::string>& words : lines) {
    const Outcome outcome = run(words);
    EXPECT_EQ(outcome.exit_code, 2) << words.back();
    EXPECT_THAT(outcome.err, Not(IsEmpty()));
  }
}

}  // namespace
}  // namespace gliner::cli
