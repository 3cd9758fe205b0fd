#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "../unit/io/test_files.h"
#include "gliner/hub.h"
#include "hub_server.h"

namespace gliner::testing {

namespace fs = std::filesystem;

inline constexpr const char* kId = "org/tiny";
inline constexpr const char* kToken = "hf_secretOfTheTest";

inline std::string weights() {
  std::string bytes;
  for (unsigned i = 0; i < 300'000; ++i) bytes += static_cast<char>((i * 7919U) >> 3U);
  return bytes;
}

inline std::map<std::string, std::string> gliner2_files() {
  return {{"config.json", "{}"},
          {"encoder_config/config.json", "{\"a\": 1}"},
          {"tokenizer.json", "{\"b\": 2}"},
          {"tokenizer_config.json", ""},
          {"model.safetensors", weights()},
          {"pytorch_model.bin", "not this one"},
          {"onnx/model.onnx", "nor this one"},
          {"README.md", "nor this"}};
}

inline void replace_header(ServedResponse& response, const std::string& name, const std::string& value) {
  for (auto& header : response.headers) {
    if (header.first == name) header.second = value;
  }
}

/// pull_model against a hub inside the test, with an empty cache and nothing of the user's environment.
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
      EXPECT_EQ(read_file(fs::path(folder) / name), files.at(name)) << name;
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

}  // namespace gliner::testing
