#pragma once

#include <future>
#include <nlohmann/json.hpp>
#include <string>

#include "options.h"

namespace gliner::cli {

/// The files that make the model of a job, and their checksum. A thread of its own reads them: of large
/// weights that takes seconds, and neither the first rows nor anything else need wait for it.
class ModelChecksum {
 public:
  /// Begins. The model must be there, see load_model.
  explicit ModelChecksum(const ModelOptions& options);

  /// True when the functions below do not wait.
  bool is_ready() const;
  /// {"name", "files": [{"name", "bytes", "sha256"}]}. Throws gliner::Error when a file cannot be read.
  const nlohmann::ordered_json& files() const { return identity_.get().files; }
  /// One SHA-256 over the names and digests of all files. Throws gliner::Error.
  const std::string& digest() const { return identity_.get().digest; }

 private:
  struct Identity {
    nlohmann::ordered_json files;
    std::string digest;
  };

  static Identity identify(const ModelOptions& options);

  std::shared_future<Identity> identity_;
};

}  // namespace gliner::cli
