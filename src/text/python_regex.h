#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gliner/schema.h"

namespace gliner {

/// A Python 3.11 regular expression run by PCRE2 in UTF mode. Immutable and thread-safe.
///
/// Syntax that Python's `re` does not know (for example \h, \R, recursion, \Q..\E) is refused like a broken
/// pattern; what differs in meaning (\Z, $, \w, \d, \s, \b, case, flags) is translated. The constructor
/// throws InputError "Invalid regex: '<pattern>': <reason> at position <code points>".
///
/// Refused although Python takes it: counts above 65535, more than 250 nested groups, patterns that PCRE2
/// finds too large, the flag `t`, \N{alias of a control character} and group numbers written like `( 1)`.
/// Answered differently: case-insensitive back-references to the few letters with more than one other case
/// (with ASCII: to letters beyond ASCII),
/// sets of capital letters beyond U+FFFF under IGNORECASE with ASCII, and `search` where a category in
/// (?a:..) or (?u:..) comes first (Python overlooks the flag there).
class PythonRegex {
 public:
  /// `flags`: RegexValidator::Flag bits (Python's values).
  PythonRegex(std::string_view pattern, int flags);
  ~PythonRegex();
  PythonRegex(PythonRegex&&) noexcept;
  PythonRegex& operator=(PythonRegex&&) noexcept;

  // Both throw InputError, naming the pattern, if `text` is not UTF-8 or if the match needs too many steps
  // (catastrophic backtracking) or too much memory.

  /// `re.fullmatch(text) is not None`.
  bool full_match(std::string_view text) const;
  /// `re.search(text) is not None`.
  bool search(std::string_view text) const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace gliner
