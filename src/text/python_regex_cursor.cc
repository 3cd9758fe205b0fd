#include "text/python_regex_cursor.h"

#include <fmt/format.h>
#include <unicode/uchar.h>

#include <algorithm>

#include "text/python_regex_parser.h"
#include "text/python_string.h"
#include "text/python_unicode.h"
#include "text/utf8.h"

namespace gliner {

bool RegexToken::is_one_of(std::string_view set) const {
  return length == 1 && value < 0x80 && set.find(static_cast<char>(value)) != std::string_view::npos;
}

std::u32string RegexToken::text() const {
  if (at_end()) return {};
  return escaped() ? std::u32string{U'\\', value} : std::u32string{value};
}

RegexCursor::RegexCursor(std::string_view pattern) : pattern_(pattern), text_(to_utf32(pattern)) {
  read_token();
}

void RegexCursor::read_token() {
  next_ = RegexToken{};
  if (index_ >= text_.size()) return;
  next_ = {text_[index_], 1};
  if (next_.value == U'\\') {
    if (index_ + 1 >= text_.size()) fail_at("bad escape (end of pattern)", text_.size() - 1);
    next_ = {text_[index_ + 1], 2};
  }
  index_ += next_.length;
}

void RegexCursor::seek(std::size_t position) {
  index_ = position;
  read_token();
}

RegexToken RegexCursor::take() {
  const RegexToken token = next_;
  read_token();
  return token;
}

bool RegexCursor::accept(char c) {
  if (!next_.is(c)) return false;
  read_token();
  return true;
}

void RegexCursor::take_while(std::u32string& out, std::size_t count, bool (*kind)(char32_t)) {
  for (; count > 0 && next_.length == 1 && kind(next_.value); --count) out.push_back(take().value);
}

std::u32string RegexCursor::take_until(char terminator, const std::string& what) {
  std::u32string name;
  while (true) {
    const RegexToken token = take();
    if (token.at_end()) {
      if (name.empty()) fail("missing " + what);
      fail(fmt::format("missing {}, unterminated name", terminator), name.size());
    }
    if (token.is(terminator)) {
      if (name.empty()) fail("missing " + what, 1);
      return name;
    }
    name += token.text();
  }
}

char32_t RegexCursor::take_named_code() {
  if (!accept('{')) fail("missing {");
  const std::u32string name = take_until('}', "character name");
  const std::string utf8 = to_utf8(name);
  UChar32 cp = -1;
  if (utf8.find('\0') == std::string::npos) {
    for (const UCharNameChoice choice : {U_UNICODE_CHAR_NAME, U_CHAR_NAME_ALIAS}) {
      UErrorCode status = U_ZERO_ERROR;
      cp = u_charFromName(choice, utf8.c_str(), &status);
      if (U_SUCCESS(status)) break;
      cp = -1;
    }
  }
  if (cp < 0 || !py_is_assigned(static_cast<char32_t>(cp))) {
    fail("undefined character name " + py_repr(utf8), name.size() + 4);
  }
  return static_cast<char32_t>(cp);
}

void RegexCursor::fail(const std::string& reason, std::size_t back) const { fail_at(reason, tell() - back); }

void RegexCursor::fail_at(const std::string& reason, std::size_t position) const {
  std::string where = fmt::format(" at position {}", position);
  if (text_.find(U'\n') != std::u32string::npos) {
    const std::u32string_view before(text_.data(), position);
    const auto line = std::count(before.begin(), before.end(), U'\n') + 1;
    const std::size_t newline = before.rfind(U'\n');
    const std::size_t column = newline == std::u32string_view::npos ? position + 1 : position - newline;
    where += fmt::format(" (line {}, column {})", line, column);
  }
  throw_invalid_regex(pattern_, reason + where);
}

}  // namespace gliner
