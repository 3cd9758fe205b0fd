#include "text/python_regex_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <iterator>

#include "text/code_point_set.h"
#include "text/python_unicode.h"

namespace gliner {
namespace {

constexpr char32_t kBmpEnd = 0x10000;
constexpr const char* kNever = "[^\\x{0}-\\x{10ffff}]";  // one code point wide, as a look-behind needs it
constexpr const char* kAnyCodePoint = "[\\x{0}-\\x{10ffff}]";

/// Members of a category inside of brackets.
const char* category_members(char category, bool ascii) {
  switch (category) {
    case 'd':
      return ascii ? "0-9" : "\\p{Nd}";
    case 'D':
      return ascii ? "\\x{0}-\\x{2f}\\x{3a}-\\x{10ffff}" : "\\P{Nd}";
    case 's':
      return ascii ? "\\x{9}-\\x{d}\\x{20}"
                   : "\\x{9}-\\x{d}\\x{1c}-\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{"
                     "2029}\\x{202f}"
                     "\\x{205f}\\x{3000}";
    case 'S':
      return ascii ? "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{10ffff}"
                   : "\\x{0}-\\x{8}\\x{e}-\\x{1b}\\x{21}-\\x{84}\\x{86}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-"
                     "\\x{1fff}"
                     "\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-"
                     "\\x{10ffff}";
    case 'w':
      return ascii ? "0-9A-Z_a-z" : "\\p{L}\\p{N}_";
    default:
      // Unicode: every other category, and the connectors (Pc) but the underscore.
      return ascii ? "\\x{0}-\\x{2f}\\x{3a}-\\x{40}\\x{5b}-\\x{5e}\\x{60}\\x{7b}-\\x{10ffff}"
                   : "\\p{M}\\p{Pd}\\p{Ps}\\p{Pe}\\p{Pi}\\p{Pf}\\p{Po}\\p{S}\\p{Z}\\p{C}\\x{203f}\\x{2040}"
                     "\\x{2054}"
                     "\\x{fe33}\\x{fe34}\\x{fe4d}-\\x{fe4f}\\x{ff3f}";
  }
}

/// Letters whose only case variant is the other ASCII letter, or those (k, s) where PCRE2 and Python agree on
/// more.
bool is_plain_cased_letter(char32_t cp) {
  const char32_t lower = cp | 0x20U;
  return lower >= 'a' && lower <= 'z' && lower != 'i';
}

class Writer {
 public:
  std::string write(const RegexTree& tree) {
    flags_ = tree.flags;
    write_sequence(tree.body);
    return std::move(out_);
  }

 private:
  bool has(int flag) const { return (flags_ & flag) != 0; }
  bool ascii() const { return has(kRegexAscii); }
  CaseRule case_rule() const {
    if (!has(kRegexIgnoreCase)) return CaseRule::kExact;
    return ascii() ? CaseRule::kAscii : CaseRule::kUnicode;
  }

  /// Switches PCRE2's own case-insensitivity; it lasts to the end of the enclosing group.
  void fold_case(bool on) {
    if (on == folding_) return;
    out_ += on ? "(?i)" : "(?-i)";
    folding_ = on;
  }

  /// Writes `opening`, the alternatives with bars between them, and the closing parenthesis.
  template <typename Alternatives>
  void write_enclosed(const char* opening, const Alternatives& alternatives) {
    out_ += opening;
    const bool outer = folding_;
    bool first = true;
    for (const RegexSequence& alternative : alternatives) {
      if (!first) out_ += '|';
      first = false;
      write_sequence(alternative);
    }
    out_ += ')';
    folding_ = outer;
  }

  void write_enclosed(const char* opening, const RegexSequence& body) {
    const auto* branch = body.size() == 1 ? std::get_if<RegexBranch>(&body.front().value) : nullptr;
    if (branch != nullptr) {
      write_enclosed(opening, branch->alternatives);
    } else {
      write_enclosed(opening, std::array<std::reference_wrapper<const RegexSequence>, 1>{std::cref(body)});
    }
  }

  void write_sequence(const RegexSequence& sequence) {
    for (const RegexNode& node : sequence) {
      std::visit([this](const auto& value) { write(value); }, node.value);
    }
  }

  void write_code(char32_t cp) {
    const bool plain =
        cp < 0x80 && ((cp >= '0' && cp <= '9') || ((cp | 0x20U) >= 'a' && (cp | 0x20U) <= 'z'));
    if (plain) {
      out_ += static_cast<char>(cp);
    } else {
      fmt::format_to(std::back_inserter(out_), "\\x{{{:x}}}", static_cast<std::uint32_t>(cp));
    }
  }

  void write_ranges(const CodePointSet& set) {
    for (const CodePointRange& range : set.ranges()) {
      write_code(range.first);
      if (range.last == range.first) continue;
      if (range.last > range.first + 1) out_ += '-';
      write_code(range.last);
    }
  }

  void write_set(const CodePointSet& set, const std::string& categories, bool negated) {
    fold_case(false);
    if (set.ranges().empty() && categories.empty()) {
      out_ += negated ? kAnyCodePoint : kNever;
      return;
    }
    out_ += negated ? "[^" : "[";
    write_ranges(set);
    out_ += categories;
    out_ += ']';
  }

  void write(const RegexLiteral& literal) {
    CodePointSet set;
    set.add(literal.value, literal.value, case_rule());
    const bool single = set.ranges().size() == 1 && set.ranges().front().first == set.ranges().front().last;
    if (!literal.negated && single) {
      fold_case(false);
      write_code(literal.value);
    } else if (!literal.negated && case_rule() == CaseRule::kUnicode &&
               is_plain_cased_letter(literal.value)) {
      fold_case(true);  // a third of the size of a set
      write_code(literal.value);
    } else {
      write_set(set, "", literal.negated);
    }
  }

  void write(const RegexAny&) { out_ += has(kRegexDotAll) ? kAnyCodePoint : "\\N"; }

  void write(const RegexSet& items) {
    CodePointSet set;
    std::string categories;
    for (const RegexSetItem& item : items.items) {
      if (item.category != 0) {
        categories += category_members(item.category, ascii());
        continue;
      }
      // Python compares the lower case of the text with such a member as it is written: a capital letter
      // behind plane 0 matches nothing.
      if (case_rule() == CaseRule::kUnicode && item.first == item.last && item.first >= kBmpEnd &&
          py_simple_lower(item.first) != item.first) {
        continue;
      }
      set.add(item.first, item.last, case_rule());
    }
    write_set(set, categories, items.negated);
  }

  void write(const RegexPosition& position) {
    const std::string word = fmt::format("[{}]", category_members('w', ascii()));
    switch (position.kind) {
      case '^':
        out_ += has(kRegexMultiline) ? "(?<![^\\x{a}])" : "\\A";
        break;
      case '$':
        out_ += has(kRegexMultiline) ? "(?![^\\x{a}])" : "(?=\\x{a}?\\z)";
        break;
      case 'A':
        out_ += "\\A";
        break;
      case 'Z':
        out_ += "\\z";
        break;
      case 'b':
        fold_case(false);
        out_ += fmt::format("(?:(?<={0})(?!{0})|(?<!{0})(?={0}))", word);
        break;
      default:  // \B, which does not match an empty text
        fold_case(false);
        out_ += fmt::format("(?!\\A\\z)(?:(?<={0})(?={0})|(?<!{0})(?!{0}))", word);
    }
  }

  void write(const RegexGroup& group) {
    const int outer = flags_;
    if ((group.added_flags & (kRegexAscii | kRegexUnicode)) != 0) flags_ &= ~(kRegexAscii | kRegexUnicode);
    flags_ = (flags_ | group.added_flags) & ~group.removed_flags;
    write_enclosed(group.capture > 0 ? "(" : "(?:", group.body);
    flags_ = outer;
  }

  void write(const RegexAtomic& atomic) { write_enclosed("(?>", atomic.body); }

  static bool is_one_character(const RegexSequence& body) {
    return body.size() == 1 && (std::holds_alternative<RegexLiteral>(body.front().value) ||
                                std::holds_alternative<RegexAny>(body.front().value) ||
                                std::holds_alternative<RegexSet>(body.front().value));
  }

  void write(const RegexRepeat& repeat) {
    const bool possessive = repeat.greed == RegexGreed::kPossessive;
    if (repeat.max > 0 && width_is_zero(repeat.body)) {
      // More rounds at the same place change nothing, and a look-behind of PCRE2 takes no unlimited
      // repetition.
      const char* opening = possessive ? "(?>" : "(?:";
      const RegexSequence nothing;
      if (repeat.min > 0) {
        write_enclosed(opening, repeat.body);
      } else if (repeat.greed == RegexGreed::kLazy) {
        write_enclosed(opening, two(nothing, repeat.body));
      } else {
        write_enclosed(opening, two(repeat.body, nothing));
      }
      return;
    }
    if (is_one_character(repeat.body)) {
      write_sequence(repeat.body);
    } else {
      // Python's possessive repetition keeps the first way through every single round.
      write_enclosed(possessive ? "(?>" : "(?:", repeat.body);
    }
    if (repeat.max == RegexRepeat::kUnlimited) {
      fmt::format_to(std::back_inserter(out_), "{{{},}}", repeat.min);
    } else {
      fmt::format_to(std::back_inserter(out_), "{{{},{}}}", repeat.min, repeat.max);
    }
    if (repeat.greed == RegexGreed::kLazy) out_ += '?';
    if (possessive) out_ += '+';
  }

  void write(const RegexLook& look) {
    if (look.behind) {
      write_enclosed(look.negated ? "(?<!" : "(?<=", look.body);
    } else {
      write_enclosed(look.negated ? "(?!" : "(?=", look.body);
    }
  }

  void write(const RegexBackreference& reference) {
    fold_case(has(kRegexIgnoreCase));
    fmt::format_to(std::back_inserter(out_), "\\g{{{}}}", reference.group);
  }

  void write(const RegexConditional& conditional) {
    write_enclosed(fmt::format("(?({})", conditional.group).c_str(), two(conditional.yes, conditional.no));
  }

  void write(const RegexBranch& branch) { write_enclosed("(?:", branch.alternatives); }

  using SequenceRef = std::reference_wrapper<const RegexSequence>;
  static std::array<SequenceRef, 2> two(const RegexSequence& a, const RegexSequence& b) { return {a, b}; }
  static bool width_is_zero(const RegexSequence& body) {
    return std::all_of(body.begin(), body.end(), [](const RegexNode& node) { return node.width.max == 0; });
  }

  std::string out_;
  int flags_ = 0;
  bool folding_ = false;  // PCRE2's (?i) holds here
};

}  // namespace

std::string write_pcre2(const RegexTree& tree) { return Writer().write(tree); }

}  // namespace gliner
