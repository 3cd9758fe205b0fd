#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <optional>

#include "io/model_dir.h"
#include "test_files.h"

namespace gliner {
namespace {

using ::testing::AllOf;
using testing::error_of;
using ::testing::HasSubstr;
using testing::TempFolder;

constexpr const char* kCommit = "0123456789abcdef0123456789abcdef01234567";
constexpr const char* kOther = "89abcdef0123456789abcdef0123456789abcdef";

/// A cache with org/model: branch main -> kCommit, and kOther without a branch. The environment names nothing
/// but this cache, and is put back at the end.
class ModelCache : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const char* name : kVariables) {
      const char* value = std::getenv(name);
      before_[name] = value == nullptr ? std::nullopt : std::optional<std::string>(value);
      ::unsetenv(name);
    }
    add_model("hub");
    set("HF_HUB_CACHE", folder_.path("hub"));
  }
  void TearDown() override {
    for (const auto& [name, value] : before_) {
      if (value) {
        ::setenv(name.c_str(), value->c_str(), 1);
      } else {
        ::unsetenv(name.c_str());
      }
    }
  }

  static void set(const char* name, const std::string& value) { ::setenv(name, value.c_str(), 1); }
  std::string repository(const std::string& rest = {}) const {
    return folder_.path("hub/models--org--model" + rest);
  }
  std::string snapshot(const std::string& commit) const { return repository("/snapshots/" + commit); }
  void add_model(const std::string& cache) const {
    const std::string root = cache + "/models--org--model/";
    folder_.write(root + "refs/main", kCommit);
    folder_.write(root + "snapshots/" + kCommit + "/config.json", "{}");
    folder_.write(root + "snapshots/" + kOther + "/config.json", "{}");
  }
  static std::string model_error(const std::string& id) {
    return error_of<ModelError>([&] { find_cached_model(id); });
  }

  TempFolder folder_;

 private:
  static constexpr const char* kVariables[] = {"HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_HOME",
                                               "XDG_CACHE_HOME", "HOME"};
  std::map<std::string, std::optional<std::string>> before_;
};

TEST_F(ModelCache, ABranchLeadsToItsSnapshot) {
  EXPECT_EQ(find_cached_model("org/model"), snapshot(kCommit));
  EXPECT_EQ(find_cached_model("org/model@main"), snapshot(kCommit));
  folder_.write("hub/models--org--model/refs/refs/pr/1", std::string(kOther) + "\n");
  EXPECT_EQ(find_cached_model("org/model@refs/pr/1"), snapshot(kOther));
}

TEST_F(ModelCache, ACommitNeedsNoBranch) {
  EXPECT_EQ(find_cached_model(std::string("org/model@") + kOther), snapshot(kOther));
}

TEST_F(ModelCache, AModelWithoutOrganisationIsFound) {
  folder_.write("hub/models--model-2.0_x/refs/main", kCommit);
  folder_.write(std::string("hub/models--model-2.0_x/snapshots/") + kCommit + "/config.json", "{}");
  EXPECT_EQ(find_cached_model("model-2.0_x"),
            folder_.path(std::string("hub/models--model-2.0_x/snapshots/") + kCommit));
}

TEST_F(ModelCache, TheEnvironmentSaysWhereToLook) {
  const auto found_in = [&](const std::string& cache) {
    return find_cached_model("org/model") == folder_.path(cache + "/models--org--model/snapshots/" + kCommit);
  };
  for (const char* cache : {"home/.cache/huggingface/hub", "xdg/huggingface/hub", "hf/hub", "old"})
    add_model(cache);
  ::unsetenv("HF_HUB_CACHE");
  set("HOME", folder_.path("home"));
  EXPECT_TRUE(found_in("home/.cache/huggingface/hub"));
  set("XDG_CACHE_HOME", folder_.path("xdg"));
  EXPECT_TRUE(found_in("xdg/huggingface/hub"));
  set("HF_HOME", folder_.path("hf"));
  EXPECT_TRUE(found_in("hf/hub"));
  set("HUGGINGFACE_HUB_CACHE", folder_.path("old"));
  EXPECT_TRUE(found_in("old"));
  set("HF_HUB_CACHE", folder_.path("hub"));
  EXPECT_TRUE(found_in("hub"));
  set("HF_HUB_CACHE", "~/.cache/huggingface/hub");
  EXPECT_TRUE(found_in("home/.cache/huggingface/hub"));
}

TEST_F(ModelCache, WithoutAnyPlaceTheVariablesAreNamed) {
  ::unsetenv("HF_HUB_CACHE");
  EXPECT_THAT(model_error("org/model"), HasSubstr("set HF_HUB_CACHE, HF_HOME or HOME"));
}

TEST_F(ModelCache, AMissingModelSaysWhereItWasSoughtAndHowToFetchIt) {
  EXPECT_THAT(model_error("org/other"),
              AllOf(HasSubstr(folder_.path("hub/models--org--other")), HasSubstr("gliner pull org/other"),
                    HasSubstr("give the folder")));
}

TEST_F(ModelCache, AMissingRevisionListsTheOnesThatAreThere) {
  EXPECT_THAT(model_error("org/model@v2"), AllOf(HasSubstr("no revision \"v2\""), HasSubstr("branches: main"),
                                                 HasSubstr(kOther), HasSubstr("gliner pull org/model@v2")));
  // A folder below snapshots/ that is no commit is not reached by its name.
  folder_.write("hub/models--org--model/snapshots/v3/config.json", "{}");
  EXPECT_THAT(model_error("org/model@v3"), HasSubstr("no revision \"v3\""));
}

TEST_F(ModelCache, ABranchWhoseSnapshotIsGoneIsReported) {
  std::filesystem::remove_all(snapshot(kCommit));
  EXPECT_THAT(model_error("org/model"), HasSubstr("no revision \"main\""));
}

TEST_F(ModelCache, ABranchFileMustHoldACommit) {
  for (const std::string content : {"", "../../../etc", "0123", "0123456789ABCDEF0123456789abcdef01234567"}) {
    folder_.write("hub/models--org--model/refs/main", content);
    EXPECT_THAT(model_error("org/model"), HasSubstr("expected a commit of 40 hexadecimal digits")) << content;
  }
  folder_.write("hub/models--org--model/refs/main", std::string(kCommit) + "/../" + kOther);
  EXPECT_THAT(model_error("org/model"), HasSubstr("expected a commit of 40 hexadecimal digits"));
}

TEST_F(ModelCache, IdsThatAreNoneAreTheCallersMistake) {
  for (const std::string id :
       {"", "/", "org/", "/model", "a/b/c", "../model", "org/..", "org/a..b", "org/a--b", ".org/model",
        "org/model-", "org/mo del", "org/model.git", "org\\model", "org/m\xc3\xb6", "org/a\nb"}) {
    EXPECT_THAT(error_of<InputError>([&] { find_cached_model(id); }), HasSubstr("not a model id")) << id;
  }
  EXPECT_THAT(error_of<InputError>([&] { find_cached_model("org/" + std::string(97, 'x')); }),
              HasSubstr("not a model id"));
  for (const std::string revision :
       {"", ".", "..", "/main", "main/", "a//b", "../../x", "a/../b", "a b", "a\\b", "a\tb"}) {
    EXPECT_THAT(error_of<InputError>([&] { find_cached_model("org/model@" + revision); }),
                HasSubstr("not a revision"))
        << revision;
  }
}

}  // namespace
}  // namespace gliner
