#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "gliner/schema.h"

namespace gliner {

/// A Python regular expression run by PCRE2 in UTF mode.
///
/// Syntax that Python's `re` does not know (for example \h, \R, recursion, \Q..\E) is refused like a broken
/// pattern; what differs in meaning (\Z, \w, \d, \s, named groups, inline flags) is translated. Immutable and
/// thread-safe. Throws InputError "Invalid regex: ..." from the constructor.
class PythonRegex {
 public:
  /// `flags`: RegexValidator::Flag bits (Python's values).
  PythonRegex(std::string_view pattern, int flags);
  ~PythonRegex();
  PythonRegex(PythonRegex&&) noexcept;
  PythonRegex& operator=(PythonRegex&&) noexcept;

  /// `re.fullmatch(text) is not None`.
  bool full_match(std::string_view text) const;
  /// `re.search(text) is not None`.
  bool search(std::string_view text) const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace gliner
