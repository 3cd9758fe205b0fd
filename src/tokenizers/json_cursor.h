#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gliner {

/// Reads JSON text front to back without building a tree: a vocabulary of 250,000 entries is read in place.
///
/// Strict JSON, no deeper than kMaxDepth. Every error is a ModelError that says file, place, what was
/// expected, the byte, and what was found. `text` must be valid UTF-8 and outlive the cursor and the views it
/// returns.
class JsonCursor {
 public:
  static constexpr int kMaxDepth = 127;  // serde_json's limit
  enum class Kind { kObject, kArray, kString, kNumber, kBoolean, kNull };

  /// `file` and `where` ("model.vocab") appear in messages.
  JsonCursor(std::string_view text, std::string file, std::string where);

  /// Kind of the next value, judged by its first byte. Consumes nothing but white space.
  Kind peek();

  /// Opens an object; then `while (next_member(key))` with exactly one value read per member. The key is
  /// valid until the next string is read.
  void begin_object();
  bool next_member(std::string_view& key);

  /// Opens an array; then `while (next_element())` with exactly one value read per element.
  void begin_array();
  bool next_element();

  /// A string without its escapes: a view into the text, or into a buffer that the next string overwrites.
  std::string_view string();
  /// An integer in [0, 2^31). Anything else is refused, 1.0 too.
  std::int32_t id();
  /// A number as serde_json reads it without its feature float_roundtrip: 64 bits of digits times or divided
  /// by a power of ten, so the last bit can differ from the nearest double. Scores of Unigram models compare
  /// equal or not by that bit.
  double number();
  bool boolean();

  /// Passes over one value of any kind and checks it; its text, without white space around.
  std::string_view skip();

  /// Nothing may follow but white space.
  void end();

  /// A cursor over `slice`, which skip() returned, that reports bytes of the whole file.
  JsonCursor at(std::string_view slice, const std::string& where) const;

  const std::string& file() const { return file_; }
  /// Changes the place named in messages; returns the one before.
  std::string exchange_where(std::string where) { return std::exchange(where_, std::move(where)); }

  /// Throws ModelError "<file>: <where>: <message>".
  [[noreturn]] void fail(const std::string& message) const;

 private:
  [[noreturn]] void fail_expected(const char* expected);
  void skip_white_space();
  void expect(char c, const char* expected);
  void open(char c, const char* expected);
  bool next_item(char close, const char* expected);
  void expect_word(std::string_view word);
  void unescape();
  unsigned hex4();
  double scaled(bool negative, std::uint64_t digits, std::int64_t exponent);

  std::string_view text_;
  const char* origin_;  // first byte of the file
  std::string file_;
  std::string where_;
  std::size_t pos_ = 0;
  int depth_ = 0;
  bool fresh_ = false;  // just behind '{' or '['
  std::string buffer_;
};

/// The members of a JSON object, checked but not yet read. Of a repeated key the last counts.
class RawObject {
 public:
  /// Reads the object at the cursor, which messages call `where`.
  RawObject(JsonCursor& cursor, const std::string& where);

  bool has(std::string_view key) const { return find(key) != nullptr; }
  /// Present and not null.
  bool has_value(std::string_view key) const;
  /// Cursor at the value. Throws ModelError if there is none.
  JsonCursor at(std::string_view key) const;
  /// Text of the value; empty if there is none.
  std::string_view text(std::string_view key) const;

  /// Fallback if absent or null.
  std::optional<std::string> optional_string(std::string_view key) const;
  bool boolean_or(std::string_view key, bool fallback) const;

  const std::string& file() const { return cursor_.file(); }
  [[noreturn]] void fail(const std::string& message) const { cursor_.fail(message); }

 private:
  const std::string_view* find(std::string_view key) const;

  JsonCursor cursor_;
  std::vector<std::pair<std::string, std::string_view>> members_;
};

}  // namespace gliner
