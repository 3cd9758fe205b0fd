#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace gliner {

/// A pattern that cannot be run: broken, or of a construct that is not translated.
class PatternError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Writes an Oniguruma pattern (its default syntax on UTF-8, doc/RE of that library) as a PCRE2 pattern, to
/// be compiled with PCRE2_UTF, PCRE2_MULTILINE and line feed as newline.
///
/// What differs in meaning is spelled out: \w \s \d \h, \b, POSIX brackets, nested and intersected classes, ^
/// and $ at every line, (?m) for dot-all, (?i) up to the end of its group, quantifiers on quantifiers. Back
/// references, conditionals, callouts, absent operators, \X \y \K \G and extended mode are refused, and so
/// are properties under (?i). Throws PatternError.
std::string onig_to_pcre2(std::string_view pattern);

}  // namespace gliner
