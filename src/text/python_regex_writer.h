#pragma once

#include <string>

#include "text/python_regex_parser.h"

namespace gliner {

/// Writes the tree as an ASCII pattern for PCRE2 in UTF mode that matches what Python matches.
///
/// Needs no other PCRE2 option: flags, categories, `$`, `\b` and case-insensitive letters are spelled out, so
/// the result does not depend on PCRE2's own idea of them. Not spelled out: letters with and without case
/// that a case-insensitive back-reference compares (PCRE2 folds a few more, for example 's' and U+017F).
std::string write_pcre2(const RegexTree& tree);

}  // namespace gliner
