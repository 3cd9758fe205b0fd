// pull_model and a hub that refuses, lies or wants out of its folder.
#include "pull_fixture.h"

#include <fstream>

namespace gliner {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using testing::ends_with;
using ::testing::HasSubstr;
using testing::HubServer;
using ::testing::IsEmpty;
using testing::kId;
using testing::kToken;
using ::testing::Not;
using testing::Pull;
using testing::read_file;
using testing::replace_header;
using testing::ServedRequest;
using testing::ServedResponse;

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
  EXPECT_EQ(read_file(outside), "mine");
}

}  // namespace
}  // namespace gliner
