#include "tokenizers/byte_alphabet.h"

#include <array>
#include <unordered_map>

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

const std::array<std::string, 256>& alphabet_of_bytes() {
  static const std::array<std::string, 256> alphabet = make_alphabet();
  return alphabet;
}

}  // namespace

std::string to_byte_alphabet(std::string_view bytes) {
  const std::array<std::string, 256>& alphabet = alphabet_of_bytes();
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char byte : bytes) out += alphabet[static_cast<unsigned char>(byte)];
  return out;
}

std::optional<std::string> from_byte_alphabet(std::string_view text) {
  static const std::unordered_map<std::string, char> bytes = [] {
    std::unordered_map<std::string, char> map;
    for (std::size_t byte = 0; byte < 256; ++byte) {
      map.emplace(alphabet_of_bytes()[byte], static_cast<char>(static_cast<unsigned char>(byte)));
    }
    return map;
  }();
  std::string out;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin;
    next_code_point(text, end);
    const std::string sign(text.substr(begin, end - begin));
    const auto found = bytes.find(sign);
    if (found == bytes.end()) return std::nullopt;
    out += found->second;
    begin = end;
  }
  return out;
}

}  // namespace gliner
