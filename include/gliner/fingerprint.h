#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gliner/export.h"
#include "gliner/options.h"

namespace gliner {

/// SHA-256 of bytes that come piece by piece. One thread at a time.
class GLINER_EXPORT Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void add(std::string_view bytes);
  /// Of everything so far, as 64 lower-case hexadecimal digits; more may be added afterwards.
  std::string value() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// One of the files that make a model.
struct FileFingerprint {
  std::string name;  ///< In its folder; of single files what it is for: "config", "weights", ...
  std::uint64_t bytes = 0;
  std::string sha256;
};

/// What the answers of a checkpoint folder depend on: its configurations, tokenizers and weights, by name.
/// Reads all of them, once. Throws ModelError when one cannot be read or there is none.
GLINER_EXPORT std::vector<FileFingerprint> fingerprint_model(const std::string& directory);
/// The same of files that lie apart.
GLINER_EXPORT std::vector<FileFingerprint> fingerprint_model(const ModelFiles& files);

/// One SHA-256 over the names and digests of all files.
GLINER_EXPORT std::string combined_sha256(const std::vector<FileFingerprint>& files);

}  // namespace gliner
