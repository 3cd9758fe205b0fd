#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// The syntax tree of a Python 3.11 regular expression: what its `re` accepts, with the meaning of flags,
// names, escapes and numbers resolved.

namespace gliner {

/// Values of Python's re module.
enum RegexFlag : int {
  kRegexIgnoreCase = 2,
  kRegexMultiline = 8,
  kRegexDotAll = 16,
  kRegexUnicode = 32,
  kRegexVerbose = 64,
  kRegexAscii = 256,
};

struct RegexNode;
using RegexSequence = std::vector<RegexNode>;

struct RegexLiteral {
  char32_t value;
  bool negated;  ///< [^x]
};

/// `.`
struct RegexAny {};

/// One member of a character set: a category ('d', 'D', 's', 'S', 'w', 'W') or, where that is 0, a range.
struct RegexSetItem {
  char category;
  char32_t first;
  char32_t last;
};

struct RegexSet {
  bool negated;
  std::vector<RegexSetItem> items;
};

/// A condition without width: '^', '$', or the letter of \A, \Z, \b, \B.
struct RegexPosition {
  char kind;
};

/// A group with its flag changes. `capture` is its number, 0 if it captures nothing.
struct RegexGroup {
  int capture;
  int added_flags;
  int removed_flags;
  RegexSequence body;
};

/// `(?>...)`
struct RegexAtomic {
  RegexSequence body;
};

enum class RegexGreed { kGreedy, kLazy, kPossessive };

struct RegexRepeat {
  static constexpr std::uint32_t kUnlimited = UINT32_MAX;
  std::uint32_t min;
  std::uint32_t max;
  RegexGreed greed;
  RegexSequence body;  ///< What is repeated: one node, or the content of a plain group.
};

/// Look-ahead or look-behind.
struct RegexLook {
  bool behind;
  bool negated;
  RegexSequence body;
};

struct RegexBackreference {
  int group;
};

/// `(?(group)yes|no)`
struct RegexConditional {
  int group;
  RegexSequence yes;
  RegexSequence no;
};

struct RegexBranch {
  std::vector<RegexSequence> alternatives;
};

/// Least and largest number of code points matched, both at most kUnbounded.
struct RegexWidth {
  static constexpr std::uint64_t kUnbounded = std::uint64_t{1} << 62U;
  std::uint64_t min = 0;
  std::uint64_t max = 0;
};

struct RegexNode {
  std::variant<RegexLiteral, RegexAny, RegexSet, RegexPosition, RegexGroup, RegexAtomic, RegexRepeat,
               RegexLook, RegexBackreference, RegexConditional, RegexBranch>
      value;
  RegexWidth width;
};

struct RegexTree {
  RegexSequence body;
  int flags;  ///< Those given and those of a leading (?flags).
};

/// Parses valid UTF-8. Throws InputError "Invalid regex: '<pattern>': <reason> at position <code points>"
/// where Python's re.compile raises.
RegexTree parse_python_regex(std::string_view pattern, int flags);

/// The InputError of a pattern that cannot be used.
[[noreturn]] void throw_invalid_regex(std::string_view pattern, const std::string& reason);

}  // namespace gliner
