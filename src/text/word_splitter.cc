#include "text/word_splitter.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>

#include "gliner/error.h"
#include "text/python_string.h"
#include "text/python_unicode.h"
#include "text/utf8.h"

// The reference splits with regular expressions. They are scanned by hand here because the e-mail rule makes
// a backtracking engine quadratic on long runs such as "a.a.a.a"; this scanner reads every byte a bounded
// number of times. The tests compare it with the regular expressions.

namespace gliner {
namespace {

constexpr std::size_t kNone = std::string_view::npos;

enum Class : std::uint8_t {
  kSpace = 1U << 0U,    // \s
  kWord = 1U << 1U,     // \w
  kLetter = 1U << 2U,   // [a-z]
  kLocal = 1U << 3U,    // [a-z0-9._%+-], what stands before the @ of an address
  kDomain = 1U << 4U,   // [a-z0-9.-], what stands behind it
  kMention = 1U << 5U,  // [a-z0-9_]
  kRun = 1U << 6U,      // [A-Za-z0-9@._\-+], what the character splitter keeps together
};

constexpr bool contains(std::string_view set, char c) { return set.find(c) != kNone; }

constexpr std::array<std::uint8_t, 128> make_ascii_classes() {
  std::array<std::uint8_t, 128> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const char c = static_cast<char>(i);
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool alnum = letter || (c >= '0' && c <= '9');
    unsigned bits = 0;
    if (c == ' ' || (c >= 0x09 && c <= 0x0D) || (c >= 0x1C && c <= 0x1F)) bits |= kSpace;
    if (alnum || c == '_') bits |= kWord | kMention;
    if (letter) bits |= kLetter;
    if (alnum || contains("._%+-", c)) bits |= kLocal;
    if (alnum || contains(".-", c)) bits |= kDomain;
    if (alnum || contains("@._-+", c)) bits |= kRun;
    table[i] = static_cast<std::uint8_t>(bits);
  }
  return table;
}

constexpr std::array<std::uint8_t, 128> kAsciiClasses = make_ascii_classes();

/// Case-insensitive [a-z] in Python also holds the dotted capital I, the dotless i, the long s and the Kelvin
/// sign.
bool is_odd_letter(char32_t cp) { return cp == 0x130 || cp == 0x131 || cp == 0x17F || cp == 0x212A; }

/// GLiNER2 counts combining marks and the two joiners as parts of a word, GLiNER v1 does not.
enum class WordRule { kWithMarks, kPlain };

/// The code point at `pos` and the position behind it.
struct CodePoint {
  char32_t value;
  std::size_t end;
};

CodePoint code_point_at(std::string_view text, std::size_t pos) {
  const char32_t value = next_code_point(text, pos);
  return {value, pos};
}

bool is_space_at(std::string_view text, std::size_t pos, std::size_t& end) {
  const CodePoint c = code_point_at(text, pos);
  end = c.end;
  return py_is_space(c.value);
}

/// End of the run of `mask` code points from `pos` on. A mask holds only classes whose non-ASCII members are
/// the odd letters.
std::size_t letter_run_end(std::string_view text, std::size_t pos, std::uint8_t mask) {
  while (pos < text.size()) {
    const auto byte = static_cast<unsigned char>(text[pos]);
    if (byte < 0x80U) {
      if ((kAsciiClasses[byte] & mask) == 0) break;
      ++pos;
    } else {
      const CodePoint c = code_point_at(text, pos);
      if (!is_odd_letter(c.value)) break;
      pos = c.end;
    }
  }
  return pos;
}

std::size_t word_run_end(std::string_view text, std::size_t pos, WordRule rule) {
  while (pos < text.size()) {
    const auto byte = static_cast<unsigned char>(text[pos]);
    if (byte < 0x80U) {
      if ((kAsciiClasses[byte] & kWord) == 0) break;
      ++pos;
    } else {
      const CodePoint c = code_point_at(text, pos);
      const bool extra =
          rule == WordRule::kWithMarks && (c.value == 0x200C || c.value == 0x200D || py_is_mark(c.value));
      if (!extra && !py_is_word(c.value)) break;
      pos = c.end;
    }
  }
  return pos;
}

/// Words joined by single hyphens; `pos` itself where no word begins. ('_' joins too, being a word
/// character.)
std::size_t hyphenated_end(std::string_view text, std::size_t pos, WordRule rule) {
  std::size_t end = word_run_end(text, pos, rule);
  if (end == pos) return pos;
  while (end < text.size() && text[end] == '-') {
    const std::size_t next = word_run_end(text, end + 1, rule);
    if (next == end + 1) break;
    end = next;
  }
  return end;
}

std::size_t non_space_end(std::string_view text, std::size_t pos) {
  std::size_t end = pos;
  while (pos < text.size() && !is_space_at(text, pos, end)) pos = end;
  return pos;
}

bool starts_with_caseless(std::string_view text, std::size_t pos, std::string_view lower) {
  if (text.size() - pos < lower.size()) return false;
  for (std::size_t i = 0; i < lower.size(); ++i) {
    const char c = text[pos + i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c) != lower[i]) return false;
  }
  return true;
}

/// End of a URL that begins at `pos`, or kNone.
std::size_t url_end(std::string_view text, std::size_t pos) {
  std::size_t body = kNone;
  if (starts_with_caseless(text, pos, "www.")) {
    body = pos + 4;
  } else if (starts_with_caseless(text, pos, "http")) {
    body = pos + 4;
    if (starts_with_caseless(text, body, "s")) {
      body += 1;
    } else if (starts_with_caseless(text, body, "\xC5\xBF")) {  // the long s
      body += 2;
    }
    if (!starts_with_caseless(text, body, "://")) return kNone;
    body += 3;
  }
  if (body == kNone) return kNone;
  const std::size_t end = non_space_end(text, body);
  return end == body ? kNone : end;
}

/// End of a host name `[a-z0-9.-]+\.[a-z]{2,}` that begins at `pos`, or kNone. The last dot with two letters
/// behind it ends the greedy first part.
std::size_t host_end(std::string_view text, std::size_t pos) {
  std::size_t best = kNone;
  int letters = -1;  // behind the last dot; -1: no dot yet, or something else stood behind it
  for (std::size_t at = pos; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const std::size_t next = letter_run_end(text, at, kLetter);
    if (next > at) {
      const std::int64_t count = count_code_points(text.substr(at, next - at));
      if (letters == 0 && count >= 2) best = next;
      letters = -1;
      at = next;
      continue;
    }
    if (byte >= 0x80U || (kAsciiClasses[byte] & kDomain) == 0) break;
    letters = text[at] == '.' && at > pos ? 0 : -1;
    ++at;
  }
  return best;
}

/// Addresses of one text, asked for at growing positions. All positions of one run before an @ share one
/// answer, which is kept: that is what makes the scan linear.
class AddressFinder {
 public:
  explicit AddressFinder(std::string_view text) : text_(text) {}

  /// End of an e-mail address that begins at `pos`, or kNone.
  std::size_t end_from(std::size_t pos) {
    if (pos >= run_end_) {
      run_end_ = letter_run_end(text_, pos, kLocal);
      if (run_end_ == pos) return kNone;
      address_end_ =
          run_end_ < text_.size() && text_[run_end_] == '@' ? host_end(text_, run_end_ + 1) : kNone;
    }
    return address_end_;
  }

 private:
  std::string_view text_;
  std::size_t run_end_ = 0;
  std::size_t address_end_ = kNone;
};

/// Calls `word_end(pos)` at every non-space position that no word has covered yet.
template <typename WordEnd>
std::vector<WordSpan> split(std::string_view text, WordEnd word_end) {
  std::vector<WordSpan> words;
  for (std::size_t pos = 0; pos < text.size();) {
    std::size_t next = pos;
    if (!is_space_at(text, pos, next)) {
      const std::size_t end = word_end(pos);
      if (end != pos) next = end;  // otherwise the code point stands alone
      words.push_back({static_cast<std::int64_t>(pos), static_cast<std::int64_t>(next)});
    }
    pos = next;
  }
  return words;
}

std::vector<WordSpan> split_whitespace(std::string_view text) {
  AddressFinder addresses(text);
  return split(text, [&](std::size_t pos) {
    const char first = text[pos];
    if (first == 'h' || first == 'H' || first == 'w' || first == 'W') {
      const std::size_t end = url_end(text, pos);
      if (end != kNone) return end;
    }
    const std::size_t address = addresses.end_from(pos);
    if (address != kNone) return address;
    if (first == '@') {
      const std::size_t end = letter_run_end(text, pos + 1, kMention);
      return end == pos + 1 ? pos : end;
    }
    return hyphenated_end(text, pos, WordRule::kWithMarks);
  });
}

std::vector<WordSpan> split_chars(std::string_view text) {
  return split(text, [&](std::size_t pos) {
    while (pos < text.size()) {
      const auto byte = static_cast<unsigned char>(text[pos]);
      if (byte >= 0x80U || (kAsciiClasses[byte] & kRun) == 0) break;
      ++pos;
    }
    return pos;
  });
}

}  // namespace

std::vector<WordSpan> split_words(std::string_view text, WordSplitter splitter) {
  return splitter == WordSplitter::kChar ? split_chars(text) : split_whitespace(text);
}

std::vector<WordSpan> split_words_v1(std::string_view text) {
  return split(text, [&](std::size_t pos) { return hyphenated_end(text, pos, WordRule::kPlain); });
}

WordSplitter parse_word_splitter(std::string_view name) {
  if (name == "whitespace") return WordSplitter::kWhitespace;
  if (name == "char") return WordSplitter::kChar;
  throw InputError(fmt::format("Unknown word splitter '{}': expected 'whitespace' or 'char'", name));
}

}  // namespace gliner
