#include "job/model_files.h"

#include <algorithm>
#include <filesystem>
#include <utility>
#include <vector>

#include "gliner/hub.h"
#include "job/sha256.h"
#include "model_source.h"

namespace gliner::cli {
namespace fs = std::filesystem;
namespace {

using Json = nlohmann::ordered_json;

struct File {
  std::string name;
  std::string path;
};

/// Read-me files and pictures change no answer.
bool is_of_model(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".json" || extension == ".safetensors" || extension == ".bin" || extension == ".model";
}

std::vector<File> files_of_folder(const std::string& folder) {
  std::vector<File> files;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->is_regular_file(error) && is_of_model(entry->path())) {
      files.push_back({entry->path().lexically_relative(folder).string(), entry->path().string()});
    }
  }
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) { return a.name < b.name; });
  return files;
}

std::vector<File> single_files(const ModelFiles& given) {
  std::vector<File> files;
  const auto add = [&files](const char* role, const std::string& path) {
    if (!path.empty()) files.push_back({role, path});
  };
  add("config", given.config);
  add("encoder_config", given.encoder_config);
  add("tokenizer", given.tokenizer);
  add("weights", given.weights);
  add("tokenizer_config", given.tokenizer_config);
  add("labels_tokenizer", given.labels_tokenizer);
  add("decoder_tokenizer", given.decoder_tokenizer);
  return files;
}

}  // namespace

Json describe_model_files(const ModelOptions& options) {
  std::string name = options.id;
  std::vector<File> files;
  if (!options.files.config.empty()) {
    name = options.files.weights;
    files = single_files(options.files);
  } else {
    std::string folder = options.directory;
    if (!options.id.empty()) folder = find_cached_model(options.id);
    if (folder.empty()) folder = find_default_model();
    if (name.empty()) name = folder;
    files = files_of_folder(folder);
  }
  Json list = Json::array();
  for (const File& file : files) {
    list.push_back(
        {{"name", file.name}, {"bytes", fs::file_size(file.path)}, {"sha256", sha256_of_file(file.path)}});
  }
  return {{"name", name}, {"files", std::move(list)}};
}

std::string digest_of_model(const Json& files) {
  Sha256 digest;
  for (const Json& file : files.at("files")) {
    digest.add(file.at("name").get<std::string>() + " " + file.at("sha256").get<std::string>() + "\n");
  }
  return digest.value();
}

}  // namespace gliner::cli
