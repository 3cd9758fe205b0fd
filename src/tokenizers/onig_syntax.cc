#include "tokenizers/onig_syntax.h"

#include <fmt/format.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <utility>
#include <vector>

#include "text/utf8.h"
#include "tokenizers/onig_classes.h"

namespace gliner {
namespace {

constexpr int kMaxDepth = 100;
constexpr std::string_view kAnyCodePoint = "(?s:.)";

bool is_ascii_digit(char c) { return c >= '0' && c <= '9'; }
bool is_ascii_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

class Translator {
 public:
  explicit Translator(std::string_view pattern) : pattern_(pattern) {}

  std::string run() {
    alternatives(/*ignore_case=*/false, 0);
    if (pos_ < pattern_.size()) fail("unmatched ')'");
    return std::move(out_);
  }

 private:
  // A character class: what stands between the brackets, as long as that is enough to say it.
  struct Set {
    std::string inner;              // code points, ranges and properties of one positive PCRE2 class
    std::vector<std::string> also;  // patterns of one code point each that do not fit in there

    std::string atom() const {
      if (also.empty()) return inner.empty() ? "(?!)" : "[" + inner + "]";
      std::string text = "(?:";
      if (!inner.empty()) text += "[" + inner + "]|";
      for (const std::string& one : also) text += one + "|";
      text.back() = ')';
      return text;
    }
    static std::string negation(const Set& set) {
      if (set.also.empty()) return set.inner.empty() ? std::string(kAnyCodePoint) : "[^" + set.inner + "]";
      return fmt::format("(?:(?!{}){})", set.atom(), kAnyCodePoint);
    }
  };

  [[noreturn]] void fail(const std::string& message) const {
    throw PatternError(fmt::format("{} at byte {}", message, std::min(pos_, pattern_.size())));
  }
  bool more() const { return pos_ < pattern_.size(); }
  char next() const { return more() ? pattern_[pos_] : '\0'; }
  bool accept(std::string_view text) {
    if (pattern_.substr(pos_, text.size()) != text) return false;
    pos_ += text.size();
    return true;
  }

  static std::string escaped(char32_t cp) {
    const bool plain =
        cp < 0x80 && (is_ascii_letter(static_cast<char>(cp)) || is_ascii_digit(static_cast<char>(cp)));
    return plain ? std::string(1, static_cast<char>(cp))
                 : fmt::format("\\x{{{:x}}}", static_cast<std::uint32_t>(cp));
  }

  // Up to ')' or the end, which stay unread.
  void alternatives(bool ignore_case, int depth) {
    if (depth > kMaxDepth) fail("groups nested too deep");
    while (more() && next() != ')') {
      if (accept("|")) {
        out_ += '|';
        continue;
      }
      const std::size_t begin = out_.size();
      const char32_t before = std::exchange(literal_, 0);
      const bool repeatable = atom(ignore_case, depth);
      if (ignore_case && literal_ != 0 && folds_to_several(before, literal_)) {
        fail(
            "letters that stand for one another in groups (\"ss\" and \"\u00DF\") under (?i) are not "
            "supported");
      }
      if (repeatable) quantifiers(begin);
    }
  }

  // False if it was an isolated option, which nothing can repeat.
  bool atom(bool ignore_case, int depth) {
    switch (next()) {
      case '(':
        return group(ignore_case, depth);
      case '[':
        ++pos_;
        out_ += character_class(ignore_case, depth);
        return true;
      case '\\':
        ++pos_;
        out_ += escape(ignore_case);
        return true;
      case '*':
      case '+':
      case '?':
        fail("nothing to repeat");
      case '.':
      case '^':
      case '$':
        out_ += pattern_[pos_++];
        return true;
      default:
        literal_ = next_code_point(pattern_, pos_);
        out_ += escaped(literal_);
        return true;
    }
  }

  // Oniguruma lets "ss" match U+00DF and the other way around when cases are ignored, PCRE2 does not: true if
  // the case folding of `last`, or of something that folds to `before` and `last`, has more than one code
  // point.
  static bool folds_to_several(char32_t before, char32_t last) {
    static constexpr std::array<std::string_view, 5> kPairs = {"ff", "fi", "fl", "ss", "st"};
    const auto fold = [](char32_t cp) { return u_foldCase(static_cast<UChar32>(cp), U_FOLD_CASE_DEFAULT); };
    const std::array<char, 2> pair = {static_cast<char>(fold(before)), static_cast<char>(fold(last))};
    const bool ascii = fold(before) < 0x80 && fold(last) < 0x80;
    if (ascii)
      return std::find(kPairs.begin(), kPairs.end(), std::string_view(pair.data(), 2)) != kPairs.end();
    const icu::UnicodeString one(static_cast<UChar32>(last));
    const bool joins = before != 0 && last >= 0x02BC;  // marks, and letters behind U+02BC
    return joins || icu::UnicodeString(one).foldCase().countChar32() > 1;
  }

  bool group(bool ignore_case, int depth) {
    ++pos_;
    if (accept("?#")) {
      const std::size_t close = pattern_.find(')', pos_);
      if (close == std::string_view::npos) fail("comment without end");
      pos_ = close + 1;
      return false;
    }
    std::string open = "(?:";  // nothing refers to a group, so none captures
    const std::size_t begin = pos_;
    if (accept("?:") || accept("?<=") || accept("?<!") || accept("?=") || accept("?!") || accept("?>")) {
      open = "(" + std::string(pattern_.substr(begin, pos_ - begin));
    } else if (accept("?<") || accept("?'")) {
      const char close = pattern_[pos_ - 1] == '<' ? '>' : '\'';
      const std::size_t end = pattern_.find(close, pos_);
      if (end == std::string_view::npos || end == pos_) fail("group name without end");
      pos_ = end + 1;
    } else if (accept("?")) {
      return options(ignore_case, depth);
    } else if (next() == '*') {
      fail("callouts are not supported");
    }
    out_ += open;
    alternatives(ignore_case, depth + 1);
    if (!accept(")")) fail("group without ')'");
    out_ += ')';
    return true;
  }

  // (?im-im) and (?im-im:...).
  bool options(bool ignore_case, int depth) {
    bool on = true;
    std::string flags;
    while (more() && next() != ')' && next() != ':') {
      const char c = pattern_[pos_++];
      if (c == '-' && on) {
        on = false;
        flags += '-';
      } else if (c == 'i') {
        ignore_case = on;
        flags += 'i';
      } else if (c == 'm') {
        flags += 's';
      } else {
        --pos_;
        fail("this kind of group is not supported");
      }
    }
    if (!more()) fail("group without ')'");
    const bool isolated = next() == ')';
    ++pos_;
    out_ += "(?" + flags + ":";
    alternatives(ignore_case, depth + 1);
    // An isolated option reaches to the end of the group around it, whose ')' is not ours.
    if (!isolated && !accept(")")) fail("group without ')'");
    out_ += ')';
    return !isolated;
  }

  // Reads "{n}", "{n,}", "{,n}" or "{n,m}"; else nothing, and the brace is a literal.
  bool interval(std::string& text, bool& exact) {
    const std::size_t begin = pos_;
    const auto number = [&] {
      std::string digits;
      while (is_ascii_digit(next()) && digits.size() < 7) digits += pattern_[pos_++];
      return digits;
    };
    ++pos_;
    const std::string low = number();
    const bool comma = accept(",");
    const std::string high = comma ? number() : low;
    if ((low.empty() && high.empty()) || !accept("}")) {
      pos_ = begin;
      return false;
    }
    if (!low.empty() && !high.empty() && std::stoi(low) > std::stoi(high))
      fail("{n,m} with n > m is not supported");
    exact = !comma;
    text = comma ? fmt::format("{{{},{}}}", low.empty() ? "0" : low, high) : fmt::format("{{{}}}", low);
    return true;
  }

  void quantifiers(std::size_t begin) {
    int repeated = 0;
    while (more()) {
      std::string text;
      bool exact = false;
      const bool is_interval = next() == '{';
      if (is_interval) {
        if (!interval(text, exact)) return;
      } else if (next() == '?' || next() == '*' || next() == '+') {
        text = pattern_[pos_++];
      } else {
        return;
      }
      // "{n}?" and "{n,m}+" repeat the repetition; elsewhere the second sign makes it lazy or possessive.
      if ((!exact && next() == '?') || (!is_interval && next() == '+')) text += pattern_[pos_++];
      if (repeated == kMaxDepth) fail("quantifiers stacked too high");
      if (repeated > 0 || out_[begin] == '^' || out_[begin] == '$') {
        out_.insert(begin, "(?:");
        out_ += ')';
      }
      out_ += text;
      ++repeated;
    }
  }

  // ---- escapes

  // The code point of \n, \x{41}, \u0041, \-, ... ; false if the letter means something else.
  bool code_point_escape(char32_t& cp, bool in_class) {
    const char c = next();
    if (!more()) fail("pattern ends with a backslash");
    static constexpr std::string_view kLetters = "tnrfaev";
    static constexpr std::string_view kMeanings = "\t\n\r\f\a\x1b\v";
    if (const std::size_t at = kLetters.find(c); at != std::string_view::npos) {
      ++pos_;
      cp = static_cast<unsigned char>(kMeanings[at]);
      return true;
    }
    if (c == 'b' && in_class) {
      ++pos_;
      cp = '\b';
      return true;
    }
    if (c == 'x' || c == 'u') {
      ++pos_;
      cp = hexadecimal(c);
      return true;
    }
    if (is_ascii_digit(c)) {
      if (c != '0') fail("back references and octal numbers are not supported");
      ++pos_;
      if (is_ascii_digit(next())) fail("octal numbers are not supported");
      cp = 0;
      return true;
    }
    if (is_ascii_letter(c)) return false;
    cp = next_code_point(pattern_, pos_);
    return true;
  }

  char32_t hexadecimal(char kind) {
    const bool braced = kind == 'x' && accept("{");
    const std::size_t limit = braced ? 8 : kind == 'x' ? 2 : 4;
    std::uint64_t value = 0;
    std::size_t digits = 0;
    while (digits < limit && more() && std::isxdigit(static_cast<unsigned char>(next())) != 0) {
      const char c = pattern_[pos_++];
      value = value * 16 + static_cast<std::uint64_t>(is_ascii_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10);
      ++digits;
    }
    if (digits == 0 || (kind == 'u' && digits != 4) || (braced && !accept("}")))
      fail("bad hexadecimal number");
    // Two digits without braces name a byte of the encoding, which is no character above 0x7F.
    if (kind == 'x' && !braced && value > 0x7F) fail("single bytes above 0x7F are not supported");
    if (value > 0x10FFFF || (value >= 0xD800 && value <= 0xDFFF)) fail("no such code point");
    return static_cast<char32_t>(value);
  }

  // Behind "\p" or "\P".
  std::string property(bool negated, bool ignore_case) {
    if (!accept("{")) fail("expected '{' behind \\p");
    if (accept("^")) negated = !negated;
    const std::size_t close = pattern_.find('}', pos_);
    if (close == std::string_view::npos) fail("property without '}'");
    const std::string_view name = pattern_.substr(pos_, close - pos_);
    pos_ = close + 1;
    return named_class(name, negated, ignore_case, onig_property(name));
  }

  std::string named_class(std::string_view name, bool negated, bool ignore_case,
                          const std::string& inner) const {
    if (inner.empty()) fail(fmt::format("property \"{}\" is not supported", name));
    // Oniguruma folds the cases of such a class when it stands in brackets, PCRE2 does not.
    if (ignore_case) fail("properties under (?i) are not supported");
    return fmt::format(negated ? "[^{}]" : "[{}]", inner);
  }

  // \d, \s, \w, \h and their negations as a class; empty for other letters. Oniguruma takes the superscript
  // digits and fractions of Latin-1 for word characters, but not inside brackets.
  static std::string shorthand(char c, bool in_class) {
    switch (c | 0x20) {
      case 'd':
        return fmt::format(c == 'D' ? "[^{}]" : "[{}]", kOnigDigit);
      case 's':
        return fmt::format(c == 'S' ? "[^{}]" : "[{}]", kOnigSpace);
      case 'h':
        return fmt::format(c == 'H' ? "[^{}]" : "[{}]", kOnigHexDigit);
      case 'w':
        return fmt::format(c == 'W' ? "[^{}{}]" : "[{}{}]", kOnigWord, in_class ? "" : kOnigWordLatin1);
      default:
        return {};
    }
  }

  std::string escape(bool ignore_case) {
    char32_t cp = 0;
    if (code_point_escape(cp, /*in_class=*/false)) {
      literal_ = cp;
      return escaped(cp);
    }
    const char c = pattern_[pos_++];
    if (std::string text = shorthand(c, /*in_class=*/false); !text.empty()) return text;
    const std::string word = shorthand('w', /*in_class=*/false);
    switch (c) {
      case 'p':
      case 'P':
        return property(c == 'P', ignore_case);
      case 'R':
        return "(?>\\r\\n|[\\n-\\r\\x{85}\\x{2028}\\x{2029}])";
      case 'N':
        return "[^\\n]";
      case 'O':
        return std::string(kAnyCodePoint);
      case 'A':
      case 'z':
      case 'Z':
        return std::string("(?:\\") + c + ")";
      case 'b':
        return fmt::format("(?:(?<={0})(?!{0})|(?<!{0})(?={0}))", word);
      case 'B':
        return fmt::format("(?:(?<={0})(?={0})|(?<!{0})(?!{0}))", word);
      default:
        --pos_;
        fail(fmt::format("\\{} is not supported", c));
    }
  }

  // ---- character classes

  // Behind '['; reads to the ']' that closes it.
  std::string character_class(bool ignore_case, int depth) {
    bool negated = false;
    const Set set = class_body(ignore_case, depth, negated);
    return negated ? Set::negation(set) : set.atom();
  }

  Set class_body(bool ignore_case, int depth, bool& negated) {
    if (depth > kMaxDepth) fail("classes nested too deep");
    negated = accept("^");
    Set set;
    std::string intersected;  // (?=left) of every && so far
    bool first = true;
    while (true) {
      if (!more()) fail("class without ']'");
      if (next() == ']' && !first) break;
      first = false;
      if (accept("&&")) {
        intersected += "(?=" + set.atom() + ")";
        set = {};
        continue;
      }
      if (next() == '[') {
        ++pos_;
        nested(set, ignore_case, depth);
        continue;
      }
      class_item(set, ignore_case);
    }
    ++pos_;
    if (!intersected.empty()) {
      const std::string last = set.atom();
      set = {};
      set.also.push_back("(?:" + intersected + last + ")");
    }
    return set;
  }

  static void add_class(Set& set, const std::string& text) {
    if (text.size() > 2 && text[0] == '[' && text[1] != '^') {
      set.inner.append(text, 1, text.size() - 2);
    } else {
      set.also.push_back(text);
    }
  }

  void nested(Set& set, bool ignore_case, int depth) {
    if (next() == ':') {
      const std::size_t close = pattern_.find(":]", pos_ + 1);
      const std::size_t name_begin = pos_ + (pattern_.substr(pos_, 2) == ":^" ? 2 : 1);
      if (close != std::string_view::npos && close > name_begin) {
        const std::string_view name = pattern_.substr(name_begin, close - name_begin);
        if (const std::string inner = onig_posix_class(name); !inner.empty()) {
          const bool negated = name_begin - pos_ == 2;
          pos_ = close + 2;
          add_class(set, named_class(name, negated, ignore_case, inner));
          return;
        }
      }
    }
    bool negated = false;
    const Set inner = class_body(ignore_case, depth + 1, negated);
    if (negated) {
      add_class(set, "(?:" + Set::negation(inner) + ")");
    } else {
      set.inner += inner.inner;
      set.also.insert(set.also.end(), inner.also.begin(), inner.also.end());
    }
  }

  // A code point, a range, or an escape that stands for a class.
  void class_item(Set& set, bool ignore_case) {
    char32_t low = 0;
    if (!class_code_point(set, low, ignore_case)) {
      if (next() == '-' && pattern_.substr(pos_, 2) != "-]") fail("a range cannot begin with a class");
      return;
    }
    const bool range = next() == '-' && pos_ + 1 < pattern_.size() && pattern_[pos_ + 1] != ']' &&
                       pattern_.substr(pos_ + 1, 2) != "&&";
    if (!range) {
      set.inner += escaped(low);
      return;
    }
    ++pos_;
    char32_t high = 0;
    if (next() == '[' || !class_code_point(set, high, ignore_case)) fail("a range cannot end with a class");
    if (low > high) fail("range is upside down");
    set.inner += escaped(low) + "-" + escaped(high);
  }

  // False if it was a class, which is then part of `set`.
  bool class_code_point(Set& set, char32_t& cp, bool ignore_case) {
    if (!accept("\\")) {
      cp = next_code_point(pattern_, pos_);
      return true;
    }
    if (code_point_escape(cp, /*in_class=*/true)) return true;
    const char c = pattern_[pos_++];
    if (c == 'p' || c == 'P') {
      add_class(set, property(c == 'P', ignore_case));
      return false;
    }
    const std::string text = shorthand(c, /*in_class=*/true);
    if (text.empty()) fail(fmt::format("\\{} in a class is not supported", c));
    add_class(set, text);
    return false;
  }

  std::string_view pattern_;
  std::size_t pos_ = 0;
  std::string out_;
  char32_t literal_ = 0;  // the code point that the last atom was; 0: it was no literal
};

}  // namespace

std::string onig_to_pcre2(std::string_view pattern) { return Translator(pattern).run(); }

}  // namespace gliner
