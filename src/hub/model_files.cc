#include "hub/model_files.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "gliner/error.h"
#include "io/model_dir.h"
#include "io/shard_index.h"
#include "io/strict_sax.h"

namespace gliner {
namespace {

namespace fs = std::filesystem;

constexpr const char* kConfigs[] = {"config.json", "gliner_config.json"};

/// What is loaded besides configuration and weights, where it is there (io/model_dir, and what huggingface's
/// tokenizers look for beside tokenizer.json).
constexpr const char* kCompanions[] = {
    "encoder_config/config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "special_tokens_map.json",
    "added_tokens.json",
    "labels_tokenizer/tokenizer.json",
    "labels_tokenizer/tokenizer_config.json",
    "decoder_tokenizer/tokenizer.json",
    "decoder_tokenizer/tokenizer_config.json",
};

/// In the order in which io/model_dir prefers them.
constexpr const char* kWeights[] = {"model.safetensors", "model.safetensors.index.json", "pytorch_model.bin",
                                    "pytorch_model.bin.index.json"};

bool is_index(const std::string& name) { return fs::path(name).extension() == ".json"; }

void add_weights(const std::set<std::string>& names, std::vector<std::string>& chosen,
                 const std::function<std::string(const std::string&)>& read_index) {
  const auto* const weights = std::find_if(std::begin(kWeights), std::end(kWeights),
                                           [&](const char* name) { return names.count(name) > 0; });
  if (weights == std::end(kWeights)) {
    throw HubError(
        "the repository holds no weights that can be loaded: neither model.safetensors nor "
        "pytorch_model.bin nor an index of their shards");
  }
  chosen.emplace_back(*weights);
  if (!is_index(*weights)) return;
  std::set<std::string> shards;
  for (const auto& [tensor, shard] : read_shard_index(read_index(*weights), *weights)) shards.insert(shard);
  for (const std::string& shard : shards) {
    check_file_name(shard);
    if (names.count(shard) == 0) {
      throw HubError(fmt::format("{} names {}, which the repository does not hold", *weights, shown(shard)));
    }
    chosen.push_back(shard);
  }
}

}  // namespace

void check_file_name(const std::string& name) {
  const auto refuse = [&](const char* why) {
    throw HubError(fmt::format("the repository names a file {}: refused, {}", shown(name), why));
  };
  if (name.empty()) refuse("a name cannot be empty");
  if (name.size() > 1024) refuse("it is too long");
  for (const unsigned char c : name) {
    if (c < 0x20 || c == 0x7f) refuse("it holds control characters");
    if (c == '\\' || c == ':') refuse("it could mean another place on another system");
  }
  std::size_t begin = 0;
  while (begin <= name.size()) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    const std::string_view part = std::string_view(name).substr(begin, end - begin);
    if (part.empty()) refuse(begin == 0 ? "it is absolute" : "it has an empty part");
    if (part == "." || part == "..") refuse("it could lead out of the cache");
    if (part.size() > 255) refuse("it is too long");
    begin = end + 1;
  }
}

std::vector<std::string> choose_model_files(
    const std::vector<std::string>& names, const std::function<std::string(const std::string&)>& read_index) {
  for (const std::string& name : names) check_file_name(name);
  const std::set<std::string> known(names.begin(), names.end());
  std::vector<std::string> chosen;
  for (const char* name : kConfigs) {
    if (known.count(name) > 0) chosen.emplace_back(name);
  }
  if (chosen.empty()) {
    throw HubError(
        known.count("adapter_config.json") > 0
            ? "the repository holds an adapter: merge it into its base model and publish that"
            : "not a GLiNER model: the repository holds neither config.json nor gliner_config.json");
  }
  for (const char* name : kCompanions) {
    if (known.count(name) > 0) chosen.emplace_back(name);
  }
  add_weights(known, chosen, read_index);
  std::sort(chosen.begin(), chosen.end());
  return chosen;
}

bool is_complete_model(const std::string& folder) {
  try {
    const ModelFiles files = find_model_files(folder);
    if (!is_index(files.weights)) return true;
    std::ifstream in(files.weights, std::ios::binary);
    const std::string json(std::istreambuf_iterator<char>(in), {});
    std::error_code ignored;
    for (const auto& [tensor, shard] : read_shard_index(json, files.weights)) {
      if (!fs::is_regular_file(fs::path(folder) / shard, ignored)) return false;
    }
    return true;
  } catch (const ModelError&) {
    return false;
  }
}

}  // namespace gliner
