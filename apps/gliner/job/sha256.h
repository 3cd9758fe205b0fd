#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace gliner::cli {

/// SHA-256 of bytes that come piece by piece.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(const Sha256&) = delete;
  Sha256& operator=(const Sha256&) = delete;

  void add(std::string_view bytes);
  /// Of everything so far, as 64 lower-case hexadecimal digits; more may be added afterwards.
  std::string value() const;

 private:
  struct Context;
  std::unique_ptr<Context> context_;
};

/// Of a whole file. Throws UsageError when it cannot be read.
std::string sha256_of_file(const std::string& path);

}  // namespace gliner::cli
