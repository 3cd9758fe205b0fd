#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "../io/test_files.h"
#include "base/json.h"
#include "gliner/error.h"
#include "tokenizers/json_section.h"
#include "tokenizers/tokenizer.h"

namespace gliner::testing {

inline std::vector<Json> read_json_lines(const std::filesystem::path& path) {
  std::vector<Json> rows;
  std::ifstream in(path, std::ios::binary);
  EXPECT_TRUE(in.good()) << path;
  for (std::string line; std::getline(in, line);) rows.push_back(Json::parse(line));
  return rows;
}

/// Folders below tests/data/`group`, sorted.
inline std::vector<std::filesystem::path> data_folders(const std::string& group) {
  std::vector<std::filesystem::path> folders;
  for (const auto& entry :
       std::filesystem::directory_iterator(std::filesystem::path(GLINER_TEST_DATA) / group)) {
    if (entry.is_directory()) folders.push_back(entry.path());
  }
  std::sort(folders.begin(), folders.end());
  return folders;
}

/// A tokenizer.json of these sections, each as JSON text; empty sections are left out.
struct FileText {
  std::string model = R"({"type": "WordLevel", "unk_token": "?", "vocab": {"?": 0}})";
  std::string normalizer{};
  std::string pre_tokenizer{};
  std::string post_processor{};
  std::string added_tokens{};
  std::string decoder{};

  std::string text() const {
    std::string json = R"({"version": "1.0", "truncation": null, "padding": null)";
    const auto add = [&](const char* key, const std::string& value) {
      if (!value.empty()) json += std::string(", \"") + key + "\": " + value;
    };
    add("added_tokens", added_tokens);
    add("normalizer", normalizer);
    add("pre_tokenizer", pre_tokenizer);
    add("post_processor", post_processor);
    add("decoder", decoder);
    add("model", model);
    return json + "}";
  }
  Tokenizer tokenizer() const { return Tokenizer::parse(text(), "t.json"); }
};

/// The message with which a tokenizer.json is refused.
inline std::string refusal(const std::string& json) {
  try {
    Tokenizer::parse(json, "t.json");
    ADD_FAILURE() << "was not refused: " << json.substr(0, 400);
  } catch (const ModelError& error) {
    return error.what();
  }
  return {};
}

}  // namespace gliner::testing
