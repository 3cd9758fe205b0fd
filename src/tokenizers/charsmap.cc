#include "tokenizers/charsmap.h"

#include <fmt/format.h>

#include <array>
#include <optional>

#include "text/utf8.h"
#include "tokenizers/grapheme.h"

namespace gliner {
namespace {

// Fields of a unit of Darts-clone.
bool has_leaf(std::uint32_t unit) { return (unit >> 8 & 1) == 1; }
bool is_value(std::uint32_t unit) { return unit >> 31 == 1; }
std::uint32_t value(std::uint32_t unit) { return unit & 0x7FFFFFFFU; }
std::uint32_t label(std::uint32_t unit) { return unit & (1U << 31 | 0xFFU); }
std::uint32_t offset(std::uint32_t unit) { return unit >> 10 << ((unit & 1U << 9) >> 6); }

// Strict base64 with padding.
std::optional<std::string> decode_base64(std::string_view text) {
  std::array<int, 256> digits{};
  digits.fill(-1);
  static constexpr std::string_view kAlphabet =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kAlphabet.size(); ++i)
    digits[static_cast<unsigned char>(kAlphabet[i])] = static_cast<int>(i);

  if (text.size() % 4 != 0) return std::nullopt;
  std::size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  text.remove_suffix(padding);
  std::string bytes;
  bytes.reserve(text.size() / 4 * 3 + 2);
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : text) {
    const int digit = digits[static_cast<unsigned char>(c)];
    if (digit < 0) return std::nullopt;
    bits = bits << 6 | static_cast<std::uint32_t>(digit);
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push_back(static_cast<char>(bits >> count & 0xFF));
    }
  }
  if ((bits & ((1U << count) - 1)) != 0) return std::nullopt;
  return bytes;
}

std::uint32_t little_endian(std::string_view bytes, std::size_t pos) {
  const auto byte = [&](std::size_t i) { return std::uint32_t{static_cast<unsigned char>(bytes[pos + i])}; };
  return byte(0) | byte(1) << 8 | byte(2) << 16 | byte(3) << 24;
}

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }

}  // namespace

Charsmap Charsmap::read(const JsonSection& section) {
  const auto refuse = [&](const std::string& what) { section.fail("\"precompiled_charsmap\": " + what); };
  const std::optional<std::string> bytes = decode_base64(section.string("precompiled_charsmap"));
  if (!bytes) refuse("not base64");
  if (bytes->size() < 4) refuse(fmt::format("expected at least 4 bytes, found {}", bytes->size()));
  const std::size_t count = little_endian(*bytes, 0) / 4;
  if (count == 0 || count > (bytes->size() - 4) / 4) {
    refuse(fmt::format("expected a double array of {} units, found {} bytes", count, bytes->size() - 4));
  }

  Charsmap map;
  map.units_.reserve(count);
  for (std::size_t i = 0; i < count; ++i) map.units_.push_back(little_endian(*bytes, 4 + i * 4));
  map.replacements_ = bytes->substr(4 + count * 4);
  if (!is_valid_utf8(map.replacements_)) refuse("the replacements are not UTF-8");

  // With these checks no look-up can leave the arrays, so it needs none: a step goes to any of the 256 units
  // around `base`, a leaf is `base` itself.
  if (is_value(map.units_[0])) refuse("the root of the double array is a value");
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t unit = map.units_[i];
    if (is_value(unit)) continue;
    const std::uint32_t base = i ^ offset(unit);
    if ((base | 0xFFU) >= count)
      refuse(fmt::format("unit {} leads to unit {} of {}", i, base | 0xFFU, count));
    if (!has_leaf(unit)) continue;
    const std::uint32_t begin = value(map.units_[base]);
    if (begin > map.replacements_.size() ||
        (begin < map.replacements_.size() && is_continuation(map.replacements_[begin]))) {
      refuse(fmt::format("unit {} names replacement {} of {} bytes", base, begin, map.replacements_.size()));
    }
  }
  return map;
}

bool Charsmap::replace(std::string_view part, std::string& out) const {
  std::uint32_t node = offset(units_[0]);
  for (const char c : part) {
    const auto byte = std::uint32_t{static_cast<unsigned char>(c)};
    if (byte == 0) return false;
    node ^= byte;
    const std::uint32_t unit = units_[node];
    if (label(unit) != byte) return false;
    node ^= offset(unit);
    if (!has_leaf(unit)) continue;
    const std::uint32_t begin = value(units_[node]);
    const std::size_t end = replacements_.find('\0', begin);
    out.append(replacements_, begin, end == std::string::npos ? end : end - begin);
    return true;
  }
  return false;
}

std::string Charsmap::normalize(std::string_view text) const {
  std::string out;
  out.reserve(text.size());
  for (std::size_t pos = 0; pos < text.size();) {
    const std::size_t end = grapheme_end(text, pos);
    if (end - pos < 6 && replace(text.substr(pos, end - pos), out)) {
      pos = end;
      continue;
    }
    while (pos < end) {
      const std::size_t begin = pos;
      next_code_point(text, pos);
      const std::string_view code_point = text.substr(begin, pos - begin);
      if (!replace(code_point, out)) out += code_point;
    }
  }
  return out;
}

}  // namespace gliner
