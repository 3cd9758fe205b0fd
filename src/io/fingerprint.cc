#include "gliner/fingerprint.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "base/digest.h"
#include "gliner/error.h"

namespace gliner {
namespace fs = std::filesystem;

struct Sha256::Impl {
  Digest digest{Digest::Kind::kSha256};
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;
void Sha256::add(std::string_view bytes) { impl_->digest.add(bytes); }
std::string Sha256::value() const { return impl_->digest.value(); }

namespace {

/// Read-me files and pictures change no answer.
bool is_of_model(const fs::path& path) {
  const std::string extension = path.extension().string();
  return extension == ".json" || extension == ".safetensors" || extension == ".bin" || extension == ".model";
}

FileFingerprint fingerprint(const std::string& name, const std::string& path) {
  std::error_code error;
  const std::uintmax_t bytes = fs::file_size(path, error);
  if (error) throw ModelError(fmt::format("cannot read {}: {}", path, error.message()));
  return {name, bytes, digest_of_file(Digest::Kind::kSha256, path)};
}

}  // namespace

std::vector<FileFingerprint> fingerprint_model(const std::string& directory) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::recursive_directory_iterator entry(directory, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    if (is_of_model(entry->path()) && entry->is_regular_file(ignored)) {
      names.push_back(entry->path().lexically_relative(directory).string());
    }
  }
  if (error) throw ModelError(fmt::format("cannot read the folder {}: {}", directory, error.message()));
  if (names.empty()) throw ModelError(fmt::format("{} holds no file of a model", directory));
  std::sort(names.begin(), names.end());
  std::vector<FileFingerprint> files;
  for (const std::string& name : names)
    files.push_back(fingerprint(name, (fs::path(directory) / name).string()));
  return files;
}

std::vector<FileFingerprint> fingerprint_model(const ModelFiles& given) {
  std::vector<FileFingerprint> files;
  const auto add = [&files](const char* role, const std::string& path) {
    if (!path.empty()) files.push_back(fingerprint(role, path));
  };
  add("config", given.config);
  add("encoder_config", given.encoder_config);
  add("tokenizer", given.tokenizer);
  add("weights", given.weights);
  add("tokenizer_config", given.tokenizer_config);
  add("labels_tokenizer", given.labels_tokenizer);
  add("decoder_tokenizer", given.decoder_tokenizer);
  if (files.empty()) throw ModelError("no file of a model is named");
  return files;
}

std::string combined_sha256(const std::vector<FileFingerprint>& files) {
  Sha256 digest;
  for (const FileFingerprint& file : files) digest.add(file.name + " " + file.sha256 + "\n");
  return digest.value();
}

}  // namespace gliner
