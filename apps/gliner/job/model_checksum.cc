#include "job/model_checksum.h"

#include <chrono>
#include <utility>
#include <vector>

#include "gliner/fingerprint.h"
#include "gliner/hub.h"
#include "model_source.h"

namespace gliner::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Folder of a model that is not given as single files.
std::string folder_of(const ModelOptions& options) {
  if (!options.directory.empty()) return options.directory;
  return options.id.empty() ? find_default_model() : find_cached_model(options.id);
}

}  // namespace

ModelChecksum::Identity ModelChecksum::identify(const ModelOptions& options) {
  std::string name = options.id;
  std::vector<FileFingerprint> files;
  if (!options.files.config.empty()) {
    name = options.files.weights;
    files = fingerprint_model(options.files);
  } else {
    const std::string folder = folder_of(options);
    if (name.empty()) name = folder;
    files = fingerprint_model(folder);
  }
  Json list = Json::array();
  for (const FileFingerprint& file : files) {
    list.push_back({{"name", file.name}, {"bytes", file.bytes}, {"sha256", file.sha256}});
  }
  return {{{"name", name}, {"files", std::move(list)}}, combined_sha256(files)};
}

ModelChecksum::ModelChecksum(const ModelOptions& options)
    : identity_(std::async(std::launch::async, [options] { return identify(options); }).share()) {}

bool ModelChecksum::is_ready() const {
  return identity_.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
}

}  // namespace gliner::cli
