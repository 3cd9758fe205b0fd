#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gliner/options.h"

namespace gliner {

/// True if `text` is well-formed UTF-8 (no overlong forms, no surrogates, nothing above U+10FFFF).
bool is_valid_utf8(std::string_view text);

/// Byte offset of the first malformed sequence, or npos.
std::size_t find_invalid_utf8(std::string_view text);

/// Empty for valid UTF-8, else a message that says where `text`, which it calls `name`, is broken.
std::string utf8_error(std::string_view text, std::string_view name = "the text");

/// `text` with each maximal part of a malformed sequence replaced by U+FFFD, as Rust's from_utf8_lossy and
/// Python's errors="replace" do.
std::string replace_invalid_utf8(std::string_view text);

/// Decodes one code point at `pos` of valid UTF-8 and moves `pos` behind it.
char32_t next_code_point(std::string_view text, std::size_t& pos);

/// Appends `cp` as UTF-8.
void append_utf8(std::string& out, char32_t cp);

std::u32string to_utf32(std::string_view text);
std::string to_utf8(std::u32string_view text);

/// Number of code points of valid UTF-8.
std::int64_t count_code_points(std::string_view text);

/// Translates byte offsets of one text into code points or UTF-16 units and back.
///
/// Built once per text in O(n) with a checkpoint every 64 bytes; each look-up is O(64). Pure ASCII texts cost
/// nothing. Copies nothing: `text` must outlive the map.
class OffsetMap {
 public:
  explicit OffsetMap(std::string_view text);

  /// `byte` must be a code point boundary in [0, size].
  std::int64_t from_byte(std::int64_t byte, OffsetUnit unit) const;
  /// `char_offset` in code points, in [0, length].
  std::int64_t byte_of_char(std::int64_t char_offset) const;
  std::int64_t length_chars() const { return length_chars_; }

 private:
  struct Mark {
    std::int64_t chars;
    std::int64_t utf16;
  };
  std::string_view text_;
  bool ascii_ = true;
  std::int64_t length_chars_ = 0;
  std::vector<Mark> marks_;  // counts before byte 64 * i (moved forward to a code point boundary)
};

}  // namespace gliner
