#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace gliner {

/// A cryptographic digest of bytes that come piece by piece. Not for use by several threads at once.
class Digest {
 public:
  enum class Kind {
    kSha256,
    kSha1,  ///< For git's names of blobs only; no protection against a forger.
  };

  explicit Digest(Kind kind);
  ~Digest();
  Digest(Digest&&) noexcept;
  Digest& operator=(Digest&&) noexcept;

  void add(std::string_view bytes);
  /// Of everything so far, in lower-case hexadecimal; more may be added afterwards.
  std::string value() const;

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// Digest of a whole file, in lower-case hexadecimal. `header` counts as in front of it. Throws ModelError
/// when the file cannot be read.
std::string digest_of_file(Digest::Kind kind, const std::string& path, std::string_view header = {});

/// HMAC-SHA256 (RFC 2104): 32 raw bytes. `key` may have any length, `message` any bytes.
std::string hmac_sha256(std::string_view key, std::string_view message);

}  // namespace gliner
