#include "text/utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"

namespace gliner {
namespace {

constexpr std::size_t kMarkBytes = 64;

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) == 0x80U; }

/// Length of the ASCII prefix of `text` from `pos` on, eight bytes at a time.
std::size_t skip_ascii(std::string_view text, std::size_t pos) {
  while (pos + sizeof(std::uint64_t) <= text.size()) {
    std::uint64_t block = 0;
    std::memcpy(&block, text.data() + pos, sizeof block);
    if ((block & 0x8080808080808080U) != 0) break;
    pos += sizeof block;
  }
  while (pos < text.size() && static_cast<unsigned char>(text[pos]) < 0x80U) ++pos;
  return pos;
}

/// The longest beginning of a well-formed sequence at `pos`, and whether it is all of one. The bounds of the
/// second byte are table 3-7 of the Unicode standard: they exclude overlong forms, surrogates and everything
/// above U+10FFFF.
struct Sequence {
  std::size_t length;  // At least 1
  bool complete;
};

Sequence sequence_at(std::string_view text, std::size_t pos) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(pos);
  if (lead < 0x80U) return {1, true};
  if (lead < 0xC2U || lead > 0xF4U) return {1, false};
  const std::size_t full = lead < 0xE0U ? 2 : lead < 0xF0U ? 3 : 4;
  unsigned char low = 0x80U;
  unsigned char high = 0xBFU;
  if (lead == 0xE0U) low = 0xA0U;
  if (lead == 0xEDU) high = 0x9FU;
  if (lead == 0xF0U) low = 0x90U;
  if (lead == 0xF4U) high = 0x8FU;
  if (pos + 1 >= text.size() || byte(pos + 1) < low || byte(pos + 1) > high) return {1, false};
  std::size_t length = 2;
  while (length < full && pos + length < text.size() && is_continuation(text[pos + length])) ++length;
  return {length, length == full};
}

/// Length of the well-formed sequence at `pos`, or 0.
std::size_t sequence_length(std::string_view text, std::size_t pos) {
  const Sequence sequence = sequence_at(text, pos);
  return sequence.complete ? sequence.length : 0;
}

/// Counts of the valid UTF-8 bytes [begin, end), both code point boundaries.
struct Counts {
  std::int64_t chars = 0;
  std::int64_t utf16 = 0;
};

Counts count_range(std::string_view text, std::size_t begin, std::size_t end) {
  Counts counts;
  for (std::size_t i = begin; i < end; ++i) {
    const bool starts = !is_continuation(text[i]);
    counts.chars += starts;
    counts.utf16 += starts + (static_cast<unsigned char>(text[i]) >= 0xF0U);
  }
  return counts;
}

/// First code point boundary at or behind `pos`.
std::size_t boundary_from(std::string_view text, std::size_t pos) {
  while (pos < text.size() && is_continuation(text[pos])) ++pos;
  return pos;
}

}  // namespace

std::size_t find_invalid_utf8(std::string_view text) {
  std::size_t pos = skip_ascii(text, 0);
  while (pos < text.size()) {
    const std::size_t length = sequence_length(text, pos);
    if (length == 0) return pos;
    pos += length;
    if (length == 1) pos = skip_ascii(text, pos);
  }
  return std::string_view::npos;
}

std::string utf8_error(std::string_view text, std::string_view name) {
  const std::size_t byte = find_invalid_utf8(text);
  if (byte == std::string_view::npos) return {};
  return fmt::format("{} is not valid UTF-8: broken at byte {} of {}; convert it to UTF-8 first", name, byte,
                     text.size());
}

std::string replace_invalid_utf8(std::string_view text) {
  std::string out;
  for (std::size_t pos = 0; pos < text.size();) {
    const Sequence sequence = sequence_at(text, pos);
    if (sequence.complete) {
      out += text.substr(pos, sequence.length);
    } else {
      append_utf8(out, 0xFFFD);
    }
    pos += sequence.length;
  }
  return out;
}

bool is_valid_utf8(std::string_view text) { return find_invalid_utf8(text) == std::string_view::npos; }

char32_t next_code_point(std::string_view text, std::size_t& pos) {
  const auto bits = [&](std::size_t i) { return static_cast<char32_t>(static_cast<unsigned char>(text[i])); };
  const char32_t lead = bits(pos);
  if (lead < 0x80U) {
    pos += 1;
    return lead;
  }
  if (lead < 0xE0U) {
    const char32_t cp = (lead & 0x1FU) << 6U | (bits(pos + 1) & 0x3FU);
    pos += 2;
    return cp;
  }
  if (lead < 0xF0U) {
    const char32_t cp = (lead & 0x0FU) << 12U | (bits(pos + 1) & 0x3FU) << 6U | (bits(pos + 2) & 0x3FU);
    pos += 3;
    return cp;
  }
  const char32_t cp = (lead & 0x07U) << 18U | (bits(pos + 1) & 0x3FU) << 12U | (bits(pos + 2) & 0x3FU) << 6U |
                      (bits(pos + 3) & 0x3FU);
  pos += 4;
  return cp;
}

void append_utf8(std::string& out, char32_t cp) {
  const auto put = [&](char32_t byte) { out.push_back(static_cast<char>(byte)); };
  if (cp < 0x80U) {
    put(cp);
  } else if (cp < 0x800U) {
    put(0xC0U | cp >> 6U);
    put(0x80U | (cp & 0x3FU));
  } else if (cp < 0x10000U) {
    put(0xE0U | cp >> 12U);
    put(0x80U | (cp >> 6U & 0x3FU));
    put(0x80U | (cp & 0x3FU));
  } else {
    put(0xF0U | cp >> 18U);
    put(0x80U | (cp >> 12U & 0x3FU));
    put(0x80U | (cp >> 6U & 0x3FU));
    put(0x80U | (cp & 0x3FU));
  }
}

std::u32string to_utf32(std::string_view text) {
  std::u32string out;
  out.reserve(static_cast<std::size_t>(count_code_points(text)));
  for (std::size_t pos = 0; pos < text.size();) out.push_back(next_code_point(text, pos));
  return out;
}

std::string to_utf8(std::u32string_view text) {
  std::string out;
  out.reserve(text.size());
  for (const char32_t cp : text) append_utf8(out, cp);
  return out;
}

std::int64_t count_code_points(std::string_view text) { return count_range(text, 0, text.size()).chars; }

OffsetMap::OffsetMap(std::string_view text) : text_(text) {
  ascii_ = skip_ascii(text, 0) == text.size();
  if (ascii_) {
    length_chars_ = static_cast<std::int64_t>(text.size());
    return;
  }
  marks_.reserve(text.size() / kMarkBytes + 1);
  Counts counts;
  std::size_t counted = 0;
  for (std::size_t start = 0; start <= text.size(); start += kMarkBytes) {
    const std::size_t boundary = boundary_from(text, start);
    const Counts step = count_range(text, counted, boundary);
    counts.chars += step.chars;
    counts.utf16 += step.utf16;
    counted = boundary;
    marks_.push_back({counts.chars, counts.utf16});
  }
  length_chars_ = counts.chars + count_range(text, counted, text.size()).chars;
}

std::int64_t OffsetMap::from_byte(std::int64_t byte, OffsetUnit unit) const {
  GLINER_CHECK(byte >= 0 && byte <= static_cast<std::int64_t>(text_.size()));
  if (ascii_ || unit == OffsetUnit::kByte) return byte;
  const auto end = static_cast<std::size_t>(byte);
  GLINER_CHECK(end == text_.size() || !is_continuation(text_[end]));
  // A boundary at or behind 64 * i is at or behind the mark of i as well, so the rest is counted forwards.
  const std::size_t index = end / kMarkBytes;
  const Counts rest = count_range(text_, boundary_from(text_, index * kMarkBytes), end);
  return unit == OffsetUnit::kCodePoint ? marks_[index].chars + rest.chars : marks_[index].utf16 + rest.utf16;
}

std::int64_t OffsetMap::byte_of_char(std::int64_t char_offset) const {
  GLINER_CHECK(char_offset >= 0 && char_offset <= length_chars_);
  if (ascii_) return char_offset;
  const auto behind =
      std::upper_bound(marks_.begin(), marks_.end(), char_offset,
                       [](std::int64_t chars, const Mark& mark) { return chars < mark.chars; });
  const auto index = static_cast<std::size_t>(behind - marks_.begin()) - 1;
  std::size_t pos = boundary_from(text_, index * kMarkBytes);
  for (std::int64_t left = char_offset - marks_[index].chars; left > 0; --left) next_code_point(text_, pos);
  return static_cast<std::int64_t>(pos);
}

}  // namespace gliner
