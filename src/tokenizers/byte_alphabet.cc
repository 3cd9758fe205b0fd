#include "tokenizers/byte_alphabet.h"

#include <array>

#include "text/utf8.h"

namespace gliner {
namespace {

std::array<std::string, 256> make_alphabet() {
  std::array<std::string, 256> alphabet;
  char32_t next = 0x100;
  for (char32_t byte = 0; byte < 256; ++byte) {
    const bool visible = (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    append_utf8(alphabet[byte], visible ? byte : next++);
  }
  return alphabet;
}

}  // namespace

std::string to_byte_alphabet(std::string_view bytes) {
  static const std::array<std::string, 256> alphabet = make_alphabet();
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char byte : bytes) out += alphabet[static_cast<unsigned char>(byte)];
  return out;
}

}  // namespace gliner
