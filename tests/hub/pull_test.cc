// pull_model against a hub inside the test that is slow, broken or hostile.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <thread>

#include "../unit/io/test_files.h"
#include "gliner/hub.h"
#include "hub_server.h"

namespace gliner {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::ends_with;
using testing::error_of;
using ::testing::HasSubstr;
using testing::HttpServer;
using testing::HubServer;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::ServedRequest;
using testing::ServedResponse;
using testing::TempFolder;

constexpr const char* kId = "org/tiny";
constexpr const char* kToken = "hf_secretOfTheTest";

std::string weights() {
  std::string bytes;
  for (unsigned i = 0; i < 300'000; ++i) bytes += static_cast<char>((i * 7919U) >> 3U);
  return bytes;
}

std::map<std::string, std::string> gliner2_files() {
  return {{"config.json", "{}"},
          {"encoder_config/config.json", "{\"a\": 1}"},
          {"tokenizer.json", "{\"b\": 2}"},
          {"tokenizer_config.json", ""},
          {"model.safetensors", weights()},
          {"pytorch_model.bin", "not this one"},
          {"onnx/model.onnx", "nor this one"},
          {"README.md", "nor this"}};
}

std::string contents(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

void replace_header(ServedResponse& response, const std::string& name, const std::string& value) {
  for (auto& header : response.headers) {
    if (header.first == name) header.second = value;
  }
}

class Pull : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : {"HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN",
                             "HUGGING_FACE_HUB_TOKEN", "HF_TOKEN_PATH", "HF_ENDPOINT", "HF_HUB_OFFLINE",
                             "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_IMPLICIT_TOKEN"}) {
      ::unsetenv(name);
    }
    ::setenv("HF_HOME", folder_.path("home").c_str(), 1);
    ::setenv("no_proxy", "*", 1);
    options_.cache_folder = folder_.path("cache");
    options_.endpoint = hub_.endpoint();
    options_.stall_timeout_ms = 150;
    options_.retries = 3;
    options_.backoff_ms = 1;
  }

  PulledModel pull(const std::string& id = kId) { return pull_model(id, options_); }
  std::string pull_error(const std::string& id = kId) {
    return error_of<HubError>([&] { pull(id); });
  }
  fs::path repository() const { return fs::path(folder_.path("cache")) / "models--org--tiny"; }
  fs::path blob(const std::string& name) const { return repository() / "blobs" / hub_.etag(name); }
  fs::path partial(const std::string& name) const { return blob(name).string() + ".incomplete"; }

  /// Everything is there, right and nothing else.
  void expect_good_snapshot(const std::string& folder) const {
    const auto files = gliner2_files();
    std::vector<std::string> names;
    for (const auto& entry : fs::recursive_directory_iterator(folder)) {
      if (!entry.is_directory()) names.push_back(entry.path().lexically_relative(folder).generic_string());
    }
    EXPECT_THAT(names,
                ::testing::UnorderedElementsAre("config.json", "encoder_config/config.json", "tokenizer.json",
                                                "tokenizer_config.json", "model.safetensors"));
    for (const std::string& name : names)
      EXPECT_EQ(contents(fs::path(folder) / name), files.at(name)) << name;
  }
  /// No half-finished thing under a name that a reader looks at.
  void expect_no_model() const {
    EXPECT_FALSE(fs::exists(blob("model.safetensors")));
    EXPECT_FALSE(fs::exists(repository() / "refs" / "main"));
  }

  /// Changes the first `times` answers to GET of the weights.
  void spoil_weights(int times, const std::function<void(ServedResponse&)>& change) {
    hub_.intercept([times, change](const ServedRequest& request, ServedResponse& response) mutable {
      if (request.method == "GET" && ends_with(request.target, "model.safetensors") && times-- > 0)
        change(response);
    });
  }

  TempFolder folder_;
  HubServer hub_{kId, gliner2_files()};
  PullOptions options_;
};

// ---- what it leaves ----

TEST_F(Pull, LeavesTheCacheAsHuggingfaceHubDoes) {
  const PulledModel model = pull();
  EXPECT_EQ(model.commit, HubServer::kCommit);
  EXPECT_EQ(model.folder, (repository() / "snapshots" / HubServer::kCommit).string());
  expect_good_snapshot(model.folder);
  EXPECT_EQ(contents(repository() / "refs" / "main"), HubServer::kCommit);
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
  EXPECT_EQ(contents(fs::path(folder) / "model-00002-of-00002.safetensors"), "two");
  EXPECT_FALSE(fs::exists(fs::path(folder) / "model-00003-of-00002.safetensors"));
}

TEST_F(Pull, Gliner1NeedsNoSafetensors) {
  HubServer hub(
      kId,
      {{"gliner_config.json", "{}"}, {"pytorch_model.bin", "w"}, {"labels_tokenizer/tokenizer.json", "{}"}});
  options_.endpoint = hub.endpoint();
  const std::string folder = pull().folder;
  EXPECT_EQ(contents(fs::path(folder) / "pytorch_model.bin"), "w");
  EXPECT_EQ(contents(fs::path(folder) / "labels_tokenizer/tokenizer.json"), "{}");
}

TEST_F(Pull, RepositoryWithoutAModelIsRefusedBeforeAnythingIsWritten) {
  HubServer hub(kId, {{"README.md", "hello"}});
  options_.endpoint = hub.endpoint();
  EXPECT_THAT(pull_error(), HasSubstr("not a GLiNER model"));
  EXPECT_FALSE(fs::exists(folder_.path("cache")));
}

// ---- a bad network ----

TEST_F(Pull, GoesOnWhereAConnectionWasCut) {
  spoil_weights(2, [](ServedResponse& response) { response.cut_after = response.body.size() / 2; });
  expect_good_snapshot(pull().folder);
  const auto asked = hub_.requests_for("GET", "model.safetensors");
  ASSERT_EQ(asked.size(), 3U);
  EXPECT_EQ(asked[0].header("range"), "");
  EXPECT_EQ(asked[1].header("range"), "bytes=150000-");
  EXPECT_EQ(asked[2].header("range"), "bytes=225000-");
}

TEST_F(Pull, AServerThatStallsIsAskedAgain) {
  spoil_weights(1, [](ServedResponse& response) {
    response.cut_after = 1000;
    response.stall = true;
  });
  expect_good_snapshot(pull().folder);
  EXPECT_EQ(hub_.requests_for("GET", "model.safetensors").back().header("range"), "bytes=1000-");
}

TEST_F(Pull, ConnectionsThatBringSomethingNeverRunOutOfTries) {
  spoil_weights(10, [](ServedResponse& response) { response.cut_after = 10'000; });
  options_.retries = 1;
  expect_good_snapshot(pull().folder);
}

TEST_F(Pull, GivesUpWhenNothingComesAndKeepsWhatCame) {
  int answers = 0;
  spoil_weights(1000,
                [&answers](ServedResponse& response) { response.cut_after = answers++ == 0 ? 1000 : 0; });
  EXPECT_THAT(pull_error(), AllOf(HasSubstr("model.safetensors"), HasSubstr("is the network there")));
  expect_no_model();
  EXPECT_EQ(fs::file_size(partial("model.safetensors")), 1000U);
  hub_.intercept({});
  expect_good_snapshot(pull().folder);
  EXPECT_EQ(hub_.requests_for("GET", "model.safetensors").back().header("range"), "bytes=1000-");
}

TEST_F(Pull, AServerThatKnowsNoRangesSendsTheWholeFileAgain) {
  int answers = 0;
  hub_.intercept([&](const ServedRequest& request, ServedResponse& response) {
    if (request.method != "GET" || !ends_with(request.target, "model.safetensors")) return;
    response.status = 200;
    response.body = weights();
    if (answers++ == 0) response.cut_after = 100;
  });
  expect_good_snapshot(pull().folder);
}

TEST_F(Pull, AServerWithoutRangesThatAlwaysCutsEndsTheTries) {
  hub_.intercept([&](const ServedRequest& request, ServedResponse& response) {
    if (request.method != "GET" || !ends_with(request.target, "model.safetensors")) return;
    response.status = 200;
    response.body = weights();
    response.cut_after = 100;
  });
  pull_error();
  EXPECT_EQ(hub_.requests_for("GET", "model.safetensors").size(), 4U);
}

TEST_F(Pull, ARangeOfSomethingElseIsNotTaken) {
  int answers = 0;
  spoil_weights(2, [&](ServedResponse& response) {
    if (answers++ == 0) {
      response.cut_after = 100;
    } else {
      replace_header(response, "Content-Range", "bytes 7-299999/300000");
    }
  });
  expect_good_snapshot(pull().folder);
}

TEST_F(Pull, FiveHundredsAndTooManyRequestsAreTriedAgain) {
  int answers = 0;
  hub_.intercept([&](const ServedRequest&, ServedResponse& response) {
    const int statuses[] = {500, 429, 503};
    if (answers++ % 4 < 3)
      response = {statuses[answers % 3], {{"Retry-After", "0"}}, "<html>", {}, {}, false, false};
  });
  expect_good_snapshot(pull().folder);
}

TEST_F(Pull, AHubThatHangsUpIsNamedInTheError) {
  hub_.intercept([](const ServedRequest&, ServedResponse& response) { response.hang_up = true; });
  EXPECT_THAT(pull_error(), AllOf(HasSubstr(hub_.endpoint()), HasSubstr("HF_ENDPOINT")));
  EXPECT_EQ(hub_.requests().size(), 4U);
}

TEST_F(Pull, NobodyListening) {
  {
    HttpServer gone([](const ServedRequest&) { return ServedResponse(); });
    options_.endpoint = gone.origin();
  }
  options_.retries = 0;
  EXPECT_THAT(pull_error(), HasSubstr(options_.endpoint));
}

TEST_F(Pull, StopsWhenTheCallerSaysSo) {
  spoil_weights(1, [](ServedResponse& response) {
    response.cut_after = 1000;
    response.stall = true;
  });
  options_.stall_timeout_ms = 1'000'000;
  options_.on_progress = [](const PullProgress& progress) {
    return progress.file != "model.safetensors" || progress.downloaded < 1000;
  };
  EXPECT_THAT(pull_error(), HasSubstr("stopped"));
  EXPECT_EQ(fs::file_size(partial("model.safetensors")), 1000U);
  expect_no_model();
}

// ---- redirects and the token ----

TEST_F(Pull, FollowsARedirectOnTheSameHostWithTheToken) {
  options_.token = kToken;
  hub_.intercept([&](const ServedRequest& request, ServedResponse& response) {
    if (request.target.rfind("/old/", 0) == 0) {
      response = {307, {{"Location", "/org/tiny" + request.target.substr(9)}}, "", {}, {}, false, false};
    } else if (request.target.rfind("/api/models/old/name/", 0) == 0) {
      response = {307,  {{"Location", "/api/models/org/tiny" + request.target.substr(20)}}, "", {}, {}, false,
                  false};
    }
  });
  EXPECT_THAT(pull("old/name").folder, HasSubstr("models--old--name"));
  for (const ServedRequest& request : hub_.requests()) {
    EXPECT_EQ(request.header("authorization"), std::string("Bearer ") + kToken) << request.target;
  }
}

TEST_F(Pull, ATokenNeverGoesToAnotherHost) {
  options_.token = kToken;
  HttpServer storage([](const ServedRequest& request) {
    ServedResponse response;
    response.body = weights();
    if (!request.header("range").empty()) response.status = 500;
    return response;
  });
  hub_.intercept([&](const ServedRequest& request, ServedResponse& response) {
    if (!ends_with(request.target, "model.safetensors")) return;
    response.status = 302;
    response.body.clear();
    replace_header(response, "ETag", "\"of the redirect\"");
    response.headers.emplace_back("X-Linked-Etag", '"' + hub_.etag("model.safetensors") + '"');
    response.headers.emplace_back("X-Linked-Size", std::to_string(weights().size()));
    response.headers.emplace_back("Location", storage.origin() + "/blob?X-Signature=secretSignature");
  });
  expect_good_snapshot(pull().folder);
  ASSERT_EQ(storage.requests().size(), 1U);
  EXPECT_EQ(storage.requests()[0].method, "GET");
  EXPECT_EQ(storage.requests()[0].header("authorization"), "");
}

TEST_F(Pull, NeitherTokenNorSignatureIsInAnError) {
  options_.token = kToken;
  HttpServer storage([](const ServedRequest&) { return ServedResponse{403, {}, "", {}, {}, false, false}; });
  hub_.intercept([&](const ServedRequest& request, ServedResponse& response) {
    if (request.method != "GET" || !ends_with(request.target, "model.safetensors")) return;
    response = {
        302,  {{"Location", storage.origin() + "/blob?X-Signature=secretSignature"}}, "", {}, {}, false,
        false};
  });
  EXPECT_THAT(pull_error(),
              AllOf(HasSubstr("403"), Not(HasSubstr(kToken)), Not(HasSubstr("secretSignature"))));
}

TEST_F(Pull, ARedirectToAnotherSchemeIsRefused) {
  hub_.intercept([&](const ServedRequest& request, ServedResponse& response) {
    if (request.method == "GET" && ends_with(request.target, ".json")) {
      response = {302, {{"Location", "file:///etc/passwd"}}, "", {}, {}, false, false};
    }
  });
  EXPECT_THAT(pull_error(), HasSubstr("expected an address with http or https"));
}

TEST_F(Pull, ACircleOfRedirectsEnds) {
  hub_.intercept([&](const ServedRequest& request, ServedResponse& response) {
    response = {302, {{"Location", request.target}}, "", {}, {}, false, false};
  });
  EXPECT_THAT(pull_error(), HasSubstr("redirects"));
}

TEST_F(Pull, TokenComesFromTheEnvironmentOrItsFile) {
  const auto token_sent = [&] {
    pull();
    return hub_.requests().back().header("authorization");
  };
  EXPECT_EQ(token_sent(), "");
  folder_.write("home/token", "hf_ofTheFile\n");
  EXPECT_EQ(token_sent(), "Bearer hf_ofTheFile");
  ::setenv("HF_TOKEN", "hf_ofTheVariable", 1);
  EXPECT_EQ(token_sent(), "Bearer hf_ofTheVariable");
  ::setenv("HF_HUB_DISABLE_IMPLICIT_TOKEN", "1", 1);
  EXPECT_EQ(token_sent(), "");
}

TEST_F(Pull, ATokenThatWouldBreakTheHeaderIsRefusedUnseen) {
  options_.token = "hf_a\r\nX-Evil: b";
  EXPECT_THAT(pull_error(), AllOf(HasSubstr("HF_TOKEN"), Not(HasSubstr("hf_a"))));
  EXPECT_THAT(hub_.requests(), IsEmpty());
}

TEST_F(Pull, EndpointComesFromTheEnvironment) {
  options_.endpoint.clear();
  ::setenv("HF_ENDPOINT", (hub_.endpoint() + "/").c_str(), 1);
  expect_good_snapshot(pull().folder);
}

// ---- refusals ----

TEST_F(Pull, SaysWhatAStatusMeans) {
  EXPECT_THAT(pull_error("org/other"), AllOf(HasSubstr("401"), HasSubstr("set HF_TOKEN")));
  options_.token = kToken;
  EXPECT_THAT(pull_error("org/other"), AllOf(HasSubstr("token is not valid"), Not(HasSubstr(kToken))));
  EXPECT_THAT(pull_error("org/tiny@v9"), AllOf(HasSubstr("404"), HasSubstr("no such revision")));
  hub_.intercept([](const ServedRequest&, ServedResponse& response) {
    response = {
        403,  {{"X-Error-Code", "GatedRepo"}, {"X-Error-Message", "Access is restricted"}}, "", {}, {}, false,
        false};
  });
  EXPECT_THAT(pull_error(), AllOf(HasSubstr("Access is restricted"), HasSubstr("ask for access")));
  EXPECT_EQ(hub_.requests().size(), 4U);  // none of these is worth another try
  hub_.intercept([](const ServedRequest&, ServedResponse& response) { response.status = 429; });
  EXPECT_THAT(pull_error(), HasSubstr("too many requests"));
}

TEST_F(Pull, IdsThatAreNoneAreTheCallersFault) {
  for (const char* id : {"", "a/b/c", "../x", "a/..", "org/tiny@../../x", "org/tiny@", "/etc"}) {
    EXPECT_THROW(pull(id), InputError) << id;
  }
  EXPECT_THAT(hub_.requests(), IsEmpty());
}

class OddListing : public Pull, public ::testing::WithParamInterface<const char*> {};

TEST_P(OddListing, IsRefused) {
  hub_.intercept([](const ServedRequest& request, ServedResponse& response) {
    if (request.target.rfind("/api/", 0) == 0) response.body = GetParam();
  });
  EXPECT_THAT(pull_error(), HasSubstr("is HF_ENDPOINT a hub?"));
  EXPECT_FALSE(fs::exists(folder_.path("cache")));
}

INSTANTIATE_TEST_SUITE_P(
    Bodies, OddListing,
    ::testing::Values("", "<html>", "[]", "{}", R"({"sha": 5, "siblings": []})",
                      R"({"sha": "../../../x", "siblings": []})",
                      R"({"sha": "0123456789abcdef0123456789abcdef01234567"})",
                      R"({"sha": "0123456789abcdef0123456789abcdef01234567", "siblings": [1]})",
                      R"({"sha": "0123456789abcdef0123456789abcdef01234567", "siblings": [{}]})"));

TEST_F(Pull, AnotherCommitThanAskedForIsRefused) {
  EXPECT_THAT(pull_error("org/tiny@ffffffffffffffffffffffffffffffffffffffff"), HasSubstr("404"));
  hub_.intercept([](const ServedRequest& request, ServedResponse& response) {
    if (request.target.rfind("/api/", 0) == 0) {
      response = {200,  {}, R"({"sha": "0123456789abcdef0123456789abcdef01234567", "siblings": []})",
                  {},   {}, false,
                  false};
    }
  });
  EXPECT_THAT(pull_error("org/tiny@ffffffffffffffffffffffffffffffffffffffff"), HasSubstr("another commit"));
  hub_.intercept([](const ServedRequest&, ServedResponse& response) {
    replace_header(response, "X-Repo-Commit", "ffffffffffffffffffffffffffffffffffffffff");
  });
  EXPECT_THAT(pull_error(), HasSubstr("expected a file of commit"));
}

// ---- lies ----

TEST_F(Pull, MoreBytesThanAnnouncedAreRefused) {
  hub_.intercept([](const ServedRequest& request, ServedResponse& response) {
    if (ends_with(request.target, "model.safetensors") && request.method == "HEAD")
      response.announced_length = 1000;
  });
  EXPECT_THAT(pull_error(), AllOf(HasSubstr("announced 1000 bytes"), HasSubstr("sends more")));
  expect_no_model();
  EXPECT_FALSE(fs::exists(partial("model.safetensors")));
}

TEST_F(Pull, FewerBytesThanAnnouncedAreNotAModel) {
  hub_.intercept([](const ServedRequest& request, ServedResponse& response) {
    if (ends_with(request.target, "model.safetensors") && request.method == "HEAD")
      response.announced_length = 300'001;
  });
  pull_error();
  expect_no_model();
}

TEST_F(Pull, AnImpossibleSizeIsRefused) {
  hub_.intercept([](const ServedRequest& request, ServedResponse& response) {
    if (request.method == "HEAD") response.headers.emplace_back("X-Linked-Size", "18446744073709551615");
  });
  EXPECT_THAT(pull_error(), HasSubstr("cannot be"));
  hub_.intercept([](const ServedRequest& request, ServedResponse& response) {
    if (request.method == "HEAD") response.headers.emplace_back("X-Linked-Size", "1000000000000000000");
  });
  EXPECT_THAT(pull_error(), HasSubstr("make room"));
}

TEST_F(Pull, AWrongChecksumIsRefused) {
  for (const std::string name : {"model.safetensors", "config.json"}) {
    SCOPED_TRACE(name);
    hub_.intercept([&](const ServedRequest& request, ServedResponse& response) {
      if (request.method == "GET" && ends_with(request.target, "/" + name) && !response.body.empty())
        response.body[0] ^= 1;
    });
    EXPECT_THAT(pull_error(), HasSubstr("checksum"));
    EXPECT_FALSE(fs::exists(blob(name)));
    EXPECT_FALSE(fs::exists(partial(name)));
    expect_no_model();
    hub_.intercept({});
    options_.cache_folder = folder_.path("cache");
    expect_good_snapshot(pull().folder);
    fs::remove_all(folder_.path("cache"));
  }
}

TEST_F(Pull, ARottenBeginningOfAnEarlierPullIsThrownAway) {
  pull();
  fs::rename(blob("model.safetensors"), partial("model.safetensors"));
  fs::resize_file(partial("model.safetensors"), 1000);
  {
    std::fstream rot(partial("model.safetensors"), std::ios::binary | std::ios::in | std::ios::out);
    rot << "rot";
  }
  expect_good_snapshot(pull().folder);
}

TEST_F(Pull, APartLongerThanTheFileIsThrownAway) {
  pull();
  fs::rename(blob("model.safetensors"), partial("model.safetensors"));
  fs::resize_file(partial("model.safetensors"), 400'000);
  expect_good_snapshot(pull().folder);
}

TEST_F(Pull, WithoutAChecksumOnlyTheSizeIsCompared) {
  hub_.intercept([](const ServedRequest&, ServedResponse& response) {
    replace_header(response, "ETag", "W/\"abc-1\"");
  });
  options_.dry_run = true;
  EXPECT_NO_THROW(pull());
  options_.dry_run = false;
  HubServer one(kId, {{"gliner_config.json", "{}"}, {"model.safetensors", "w"}});
  int number = 0;
  one.intercept([&](const ServedRequest& request, ServedResponse& response) {
    number = ends_with(request.target, "g.json") ? 1 : 2;
    replace_header(response, "ETag", "W/\"abc-" + std::to_string(number) + "\"");
  });
  options_.endpoint = one.endpoint();
  const PulledModel model = pull();
  for (const PulledFile& file : model.files) EXPECT_FALSE(file.verified);
  EXPECT_TRUE(fs::exists(repository() / "blobs" / "abc-1"));
}

// ---- a repository that wants out of its folder ----

class HostileName : public Pull, public ::testing::WithParamInterface<const char*> {};

TEST_P(HostileName, RefusesTheWholeRepository) {
  hub_.list_also(GetParam());
  EXPECT_THAT(pull_error(), HasSubstr("refused"));
  EXPECT_FALSE(fs::exists(folder_.path("cache")));
}

INSTANTIATE_TEST_SUITE_P(Names, HostileName,
                         ::testing::Values("../config.json", "/etc/passwd", "a/../../b", "a//b", "a/", "",
                                           ".", "..", "..\\b", "C:\\b", "C:b", "a/./b", "a\nb", "\x01"));

TEST_F(Pull, ANameWithNulIsRefused) {
  hub_.list_also(std::string("config.json\0/../x", 16));
  EXPECT_THAT(pull_error(), HasSubstr("control characters"));
}

TEST_F(Pull, AnIndexThatNamesAShardElsewhereIsRefused) {
  HubServer hub(kId, {{"config.json", "{}"},
                      {"model.safetensors.index.json", R"({"weight_map": {"a": "../../x.safetensors"}})"}});
  options_.endpoint = hub.endpoint();
  EXPECT_THROW(pull(), Error);
  EXPECT_FALSE(fs::exists(folder_.path("cache")));
}

class HostileEtag : public Pull, public ::testing::WithParamInterface<const char*> {};

TEST_P(HostileEtag, IsRefused) {
  hub_.intercept(
      [](const ServedRequest&, ServedResponse& response) { replace_header(response, "ETag", GetParam()); });
  EXPECT_THAT(pull_error(), HasSubstr("cannot be the name of a file"));
  EXPECT_FALSE(fs::exists(folder_.path("cache")));
}

INSTANTIATE_TEST_SUITE_P(Etags, HostileEtag,
                         ::testing::Values("\"../../evil\"", "\"/etc/x\"", "\"\"", "\".x\"", "\"a b\""));

TEST_F(Pull, ALinkInTheSnapshotIsNotFollowed) {
  const fs::path outside = folder_.path("outside");
  fs::create_directories(outside);
  fs::create_directories(repository() / "snapshots" / HubServer::kCommit);
  fs::create_directory_symlink(outside, repository() / "snapshots" / HubServer::kCommit / "encoder_config");
  EXPECT_THAT(pull_error(), HasSubstr("expected a folder, found a link"));
  EXPECT_TRUE(fs::is_empty(outside));
}

TEST_F(Pull, ALinkInPlaceOfAPartIsNotFollowed) {
  const std::string outside = folder_.write("outside", "mine");
  fs::create_directories(repository() / "blobs");
  fs::create_symlink(outside, partial("model.safetensors"));
  EXPECT_THAT(pull_error(), HasSubstr("cannot open"));
  EXPECT_EQ(contents(outside), "mine");
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
