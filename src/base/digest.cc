#include "base/digest.h"

#include <fmt/format.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <limits>
#include <vector>

#include "base/check.h"
#include "gliner/error.h"

namespace gliner {

struct Digest::Context {
  EVP_MD_CTX* evp = EVP_MD_CTX_new();

  Context() = default;
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  ~Context() { EVP_MD_CTX_free(evp); }
};

Digest::Digest(Kind kind) : context_(std::make_unique<Context>()) {
  const EVP_MD* algorithm = kind == Kind::kSha256 ? EVP_sha256() : EVP_sha1();
  GLINER_CHECK(context_->evp != nullptr);
  if (EVP_DigestInit_ex(context_->evp, algorithm, nullptr) != 1) {
    throw ModelError("libcrypto refuses SHA-1 or SHA-256: is it restricted by a policy of this machine?");
  }
}
Digest::~Digest() = default;
Digest::Digest(Digest&&) noexcept = default;
Digest& Digest::operator=(Digest&&) noexcept = default;

void Digest::add(std::string_view bytes) {
  GLINER_CHECK(EVP_DigestUpdate(context_->evp, bytes.data(), bytes.size()) == 1);
}

std::string Digest::value() const {
  const Context copy;
  GLINER_CHECK(copy.evp != nullptr && EVP_MD_CTX_copy_ex(copy.evp, context_->evp) == 1);
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  GLINER_CHECK(EVP_DigestFinal_ex(copy.evp, bytes.data(), &size) == 1);
  std::string hex;
  for (unsigned int i = 0; i < size; ++i) hex += fmt::format("{:02x}", bytes[i]);
  return hex;
}

std::string digest_of_file(Digest::Kind kind, const std::string& path, std::string_view header) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rbe"), &std::fclose);
  if (!file) throw ModelError(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  Digest digest(kind);
  digest.add(header);
  std::vector<char> block(std::size_t{1} << 20);
  while (const std::size_t count = std::fread(block.data(), 1, block.size(), file.get())) {
    digest.add({block.data(), count});
  }
  if (std::ferror(file.get()) != 0) throw ModelError(fmt::format("cannot read {} to its end", path));
  return digest.value();
}

std::string hmac_sha256(std::string_view key, std::string_view message) {
  GLINER_CHECK(key.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()));
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned int size = 0;
  // libcrypto takes a null key for "the key of last time", so an empty one must point somewhere.
  const void* const key_bytes = key.empty() ? "" : key.data();
  GLINER_CHECK(HMAC(EVP_sha256(), key_bytes, static_cast<int>(key.size()),
                    reinterpret_cast<const unsigned char*>(message.data()), message.size(), bytes.data(),
                    &size) != nullptr);
  return std::string(reinterpret_cast<const char*>(bytes.data()), size);
}

}  // namespace gliner
