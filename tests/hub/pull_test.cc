// What pull_model leaves in the cache, alone, beside others and without the network.
#include "pull_fixture.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <fstream>
#include <thread>

namespace gliner {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using testing::HubServer;
using ::testing::IsEmpty;
using testing::kId;
using testing::Pull;
using testing::read_file;
using testing::weights;

// ---- what it leaves ----

TEST_F(Pull, LeavesTheCacheAsHuggingfaceHubDoes) {
  const PulledModel model = pull();
  EXPECT_EQ(model.commit, HubServer::kCommit);
  EXPECT_EQ(model.folder, (repository() / "snapshots" / HubServer::kCommit).string());
  expect_good_snapshot(model.folder);
  EXPECT_EQ(read_file(repository() / "refs" / "main"), HubServer::kCommit);
  EXPECT_EQ(fs::read_symlink(fs::path(model.folder) / "model.safetensors").string(),
            "../../blobs/" + hub_.etag("model.safetensors"));
  EXPECT_EQ(fs::read_symlink(fs::path(model.folder) / "encoder_config/config.json").string(),
            "../../../blobs/" + hub_.etag("encoder_config/config.json"));
  EXPECT_TRUE(fs::exists(fs::path(folder_.path("cache")) / ".locks/models--org--tiny" /
                         (hub_.etag("model.safetensors") + ".lock")));
  for (const PulledFile& file : model.files) EXPECT_TRUE(file.verified && !file.cached) << file.name;
  ::setenv("HF_HUB_CACHE", folder_.path("cache").c_str(), 1);
  EXPECT_EQ(find_cached_model(kId), model.folder);
}

TEST_F(Pull, AsksForNothingThatIsNotNeeded) {
  pull();
  EXPECT_THAT(hub_.requests_for("GET", ".bin"), IsEmpty());
  EXPECT_THAT(hub_.requests_for("HEAD", ".onnx"), IsEmpty());
  EXPECT_THAT(hub_.requests_for("GET", ".onnx"), IsEmpty());
  EXPECT_THAT(hub_.requests_for("GET", "README.md"), IsEmpty());
}

TEST_F(Pull, SecondTimeDownloadsNothing) {
  pull();
  const std::size_t before = hub_.requests_for("GET", "").size();
  const PulledModel again = pull();
  EXPECT_EQ(hub_.requests_for("GET", "").size(), before + 1);  // the listing
  for (const PulledFile& file : again.files) EXPECT_TRUE(file.cached) << file.name;
}

TEST_F(Pull, ForceDownloadsAgainAndMendsABrokenBlob) {
  const std::string folder = pull().folder;
  std::string broken = weights();
  broken[5] ^= 1;
  std::ofstream(blob("model.safetensors"), std::ios::binary) << broken;
  options_.force = true;
  pull();
  expect_good_snapshot(folder);
}

TEST_F(Pull, ABlobOfTheWrongSizeIsFetchedAgain) {
  const std::string folder = pull().folder;
  std::ofstream(blob("model.safetensors"), std::ios::binary) << "short";
  pull();
  expect_good_snapshot(folder);
}

TEST_F(Pull, DryRunWritesNothing) {
  options_.dry_run = true;
  const PulledModel model = pull();
  EXPECT_EQ(model.files.size(), 5U);
  EXPECT_FALSE(model.files.front().cached);
  EXPECT_EQ(model.files[2].bytes, weights().size()) << model.files[2].name;
  EXPECT_FALSE(fs::exists(folder_.path("cache")));
}

TEST_F(Pull, ByCommitWritesNoReference) {
  expect_good_snapshot(pull(std::string(kId) + "@" + HubServer::kCommit).folder);
  EXPECT_FALSE(fs::exists(repository() / "refs" / HubServer::kCommit));
}

TEST_F(Pull, TellsHowFarItIs) {
  PullProgress last;
  options_.on_progress = [&](const PullProgress& progress) {
    EXPECT_LE(progress.bytes, std::max(progress.total, progress.bytes));
    last = progress;
    return true;
  };
  pull();
  EXPECT_EQ(last.bytes, last.total);
  EXPECT_EQ(last.downloaded, last.total);
  EXPECT_GT(last.total, weights().size());
}

TEST_F(Pull, ShardsComeWithTheirIndex) {
  HubServer hub(
      kId,
      {{"config.json", "{}"},
       {"model.safetensors.index.json",
        R"({"weight_map": {"a": "model-00001-of-00002.safetensors", "b": "model-00002-of-00002.safetensors"}})"},
       {"model-00001-of-00002.safetensors", "one"},
       {"model-00002-of-00002.safetensors", "two"},
       {"model-00003-of-00002.safetensors", "of something else"}});
  options_.endpoint = hub.endpoint();
  const std::string folder = pull().folder;
  EXPECT_EQ(read_file(fs::path(folder) / "model-00002-of-00002.safetensors"), "two");
  EXPECT_FALSE(fs::exists(fs::path(folder) / "model-00003-of-00002.safetensors"));
}

TEST_F(Pull, Gliner1NeedsNoSafetensors) {
  HubServer hub(
      kId,
      {{"gliner_config.json", "{}"}, {"pytorch_model.bin", "w"}, {"labels_tokenizer/tokenizer.json", "{}"}});
  options_.endpoint = hub.endpoint();
  const std::string folder = pull().folder;
  EXPECT_EQ(read_file(fs::path(folder) / "pytorch_model.bin"), "w");
  EXPECT_EQ(read_file(fs::path(folder) / "labels_tokenizer/tokenizer.json"), "{}");
}

TEST_F(Pull, RepositoryWithoutAModelIsRefusedBeforeAnythingIsWritten) {
  HubServer hub(kId, {{"README.md", "hello"}});
  options_.endpoint = hub.endpoint();
  EXPECT_THAT(pull_error(), HasSubstr("not a GLiNER model"));
  EXPECT_FALSE(fs::exists(folder_.path("cache")));
}

// ---- several at once ----

TEST_F(Pull, TwoAtOnceGiveOneGoodSnapshotAndOneDownload) {
  std::vector<std::string> folders(4);
  std::vector<std::thread> threads;
  for (std::string& folder : folders) {
    threads.emplace_back([this, &folder] { folder = pull().folder; });
  }
  for (std::thread& thread : threads) thread.join();
  for (const std::string& folder : folders) EXPECT_EQ(folder, folders[0]);
  expect_good_snapshot(folders[0]);
  EXPECT_EQ(hub_.requests_for("GET", "model.safetensors").size(), 1U);
}

TEST_F(Pull, WaitsForALockOfHuggingfaceHub) {
  const fs::path lock = fs::path(folder_.path("cache")) / ".locks/models--org--tiny" /
                        (hub_.etag("model.safetensors") + ".lock");
  fs::create_directories(lock.parent_path());
  int fd = ::open(lock.c_str(), O_RDWR | O_CREAT, 0664);
  ASSERT_EQ(::flock(fd, LOCK_EX), 0);
  bool waited = false;
  options_.on_progress = [&](const PullProgress& progress) {
    if (!waited && progress.waiting.find("another process") != std::string::npos) {
      EXPECT_THAT(hub_.requests_for("GET", "model.safetensors"), IsEmpty());
      waited = true;
      // The other one removes its lock file as it goes, as newer versions of filelock do.
      fs::remove(lock);
      ::close(fd);
    }
    return true;
  };
  expect_good_snapshot(pull().folder);
  EXPECT_TRUE(waited);
}

// ---- without the network ----

TEST_F(Pull, OfflineTheCacheHasToDo) {
  ::setenv("HF_HUB_OFFLINE", "1", 1);
  EXPECT_THAT(error_of<ModelError>([&] { pull(); }), HasSubstr("HF_HUB_OFFLINE"));
  ::unsetenv("HF_HUB_OFFLINE");
  const std::string folder = pull().folder;
  const std::size_t asked = hub_.requests().size();
  ::setenv("TRANSFORMERS_OFFLINE", "true", 1);
  const PulledModel model = pull();
  EXPECT_EQ(model.folder, folder);
  std::vector<std::string> names;
  for (const PulledFile& file : model.files) names.push_back(file.name);
  EXPECT_THAT(names, ElementsAre("config.json", "encoder_config/config.json", "model.safetensors",
                                 "tokenizer.json", "tokenizer_config.json"));
  EXPECT_EQ(hub_.requests().size(), asked);
}

TEST_F(Pull, FetchAsksTheHubOnlyWhereSomethingIsMissing) {
  const std::string folder = fetch_model(kId, options_);
  const std::size_t asked = hub_.requests().size();
  EXPECT_EQ(fetch_model(kId, options_), folder);
  EXPECT_EQ(hub_.requests().size(), asked);
  fs::remove(fs::path(folder) / "model.safetensors");
  EXPECT_EQ(fetch_model(kId, options_), folder);
  expect_good_snapshot(folder);
}

}  // namespace
}  // namespace gliner
