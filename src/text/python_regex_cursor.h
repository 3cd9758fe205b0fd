#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gliner {

/// One character of a pattern, or a backslash with the character behind it; nothing at the end.
struct RegexToken {
  char32_t value = 0;
  std::size_t length = 0;  ///< Code points: 0 at the end, 2 with a backslash.

  bool escaped() const { return length == 2; }
  bool at_end() const { return length == 0; }
  bool is(char c) const { return length == 1 && value == static_cast<char32_t>(c); }
  bool is_one_of(std::string_view set) const;
  std::u32string text() const;
};

/// Walks over a pattern with one token of look-ahead and knows where an error lies. Positions are code
/// points, counted as Python's re.error counts them.
class RegexCursor {
 public:
  /// `pattern`: valid UTF-8 that outlives the cursor.
  explicit RegexCursor(std::string_view pattern);

  std::string_view pattern() const { return pattern_; }
  const RegexToken& next() const { return next_; }
  /// Position of the next token.
  std::size_t tell() const { return index_ - next_.length; }
  void seek(std::size_t position);
  RegexToken take();
  /// Takes the next token if it is the unescaped `c`.
  bool accept(char c);
  /// Appends at most `count` characters of one kind to `out`.
  void take_while(std::u32string& out, std::size_t count, bool (*kind)(char32_t));
  /// Takes a name and the terminator behind it. `what` names it in errors.
  std::u32string take_until(char terminator, const std::string& what);
  /// The `{name}` of a Unicode character.
  char32_t take_named_code();

  /// Throws the InputError of this pattern; `back` code points before the next token, or at `position`.
  [[noreturn]] void fail(const std::string& reason, std::size_t back = 0) const;
  [[noreturn]] void fail_at(const std::string& reason, std::size_t position) const;

 private:
  void read_token();

  std::string_view pattern_;
  std::u32string text_;
  std::size_t index_ = 0;  // behind the look-ahead token
  RegexToken next_;
};

}  // namespace gliner
