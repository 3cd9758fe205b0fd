#include "io/model_dir.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <filesystem>
#include <string_view>
#include <system_error>
#include <vector>

#include "gliner/error.h"

namespace gliner {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWeights = "model.safetensors";
constexpr const char* kWeightsIndex = "model.safetensors.index.json";

bool is_file(const fs::path& path) {
  std::error_code ignored;
  return fs::is_regular_file(path, ignored);
}

/// A link whose target is gone, as an interrupted download leaves it in the cache.
bool is_dangling_link(const fs::path& path) {
  std::error_code ignored;
  return fs::is_symlink(path, ignored) && !fs::exists(path, ignored);
}

void check_is_folder(const fs::path& folder) {
  std::error_code ignored;
  if (fs::is_directory(folder, ignored)) return;
  if (fs::exists(folder, ignored)) {
    throw ModelError(
        fmt::format("{}: expected the folder of a checkpoint, found a file; give the folder that it is in",
                    folder.string()));
  }
  throw ModelError(fmt::format("{}: no such folder", folder.string()));
}

/// Advice for a folder without GLiNER2's config.json.
std::string other_kind_of_folder(const fs::path& folder) {
  std::error_code ignored;
  if (is_file(folder / "gliner_config.json")) {
    return "gliner_config.json is there, so this is a GLiNER v1 checkpoint; GLiNER2 checkpoints are "
           "supported";
  }
  if (is_file(folder / "adapter_config.json")) {
    return "this is an adapter; merge it into its base model and save that";
  }
  if (fs::is_directory(folder / "snapshots", ignored)) {
    return "this is a repository of the model cache; give the folder below snapshots/, or the model's id";
  }
  return "expected a folder as GLiNER2 saves it";
}

std::string why_no_tokenizer(const fs::path& folder) {
  for (const char* slow :
       {"spm.model", "tokenizer.model", "vocab.txt", "vocab.json", "sentencepiece.bpe.model"}) {
    if (is_file(folder / slow)) {
      return fmt::format(
          "{} is there: convert it with transformers, AutoTokenizer.from_pretrained(DIR, "
          "use_fast=True).save_pretrained(DIR)",
          slow);
    }
  }
  return "copy it from the model's repository";
}

std::string why_no_weights(const fs::path& folder) {
  for (const char* pickle : {"pytorch_model.bin", "pytorch_model.bin.index.json"}) {
    if (is_file(folder / pickle)) {
      return fmt::format(
          "{} is there: load the model in Python and save it with save_pretrained, which writes "
          "safetensors",
          pickle);
    }
  }
  return "copy it from the model's repository";
}

/// Collects what a folder lacks, so that one message names all of it.
class FileFinder {
 public:
  explicit FileFinder(fs::path folder) : folder_(std::move(folder)) {}

  std::string find(const char* name, const std::string& advice) {
    const fs::path path = folder_ / name;
    if (is_file(path)) return path.string();
    missing_.push_back(
        is_dangling_link(path)
            ? fmt::format("{} (a link to a file that is not there: was the download finished?)", name)
            : fmt::format("{} ({})", name, advice));
    return {};
  }

  void throw_if_missing() const {
    if (missing_.empty()) return;
    throw ModelError(fmt::format("{}: missing {}", folder_.string(), fmt::join(missing_, ", ")));
  }

 private:
  fs::path folder_;
  std::vector<std::string> missing_;
};

}  // namespace

ModelFiles find_model_files(const std::string& directory) {
  const fs::path folder(directory);
  check_is_folder(folder);
  FileFinder finder(folder);
  ModelFiles files;
  files.config = finder.find("config.json", other_kind_of_folder(folder));
  if (files.config.empty()) finder.throw_if_missing();  // in a folder of another kind the rest says nothing
  files.encoder_config = finder.find("encoder_config/config.json", "the configuration of the encoder");
  files.tokenizer = finder.find("tokenizer.json", why_no_tokenizer(folder));
  const bool sharded = !is_file(folder / kWeights) && is_file(folder / kWeightsIndex);
  files.weights = finder.find(sharded ? kWeightsIndex : kWeights, why_no_weights(folder));
  finder.throw_if_missing();
  return files;
}

std::string find_tokenizer_file(const std::string& directory) {
  const fs::path folder(directory);
  check_is_folder(folder);
  FileFinder finder(folder);
  std::string path = finder.find("tokenizer.json", why_no_tokenizer(folder));
  finder.throw_if_missing();
  return path;
}

}  // namespace gliner
