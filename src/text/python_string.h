#pragma once

#include <string>
#include <string_view>

// What Python 3.11's `str` does, on UTF-8. Results of the reference depend on these rules.

namespace gliner {

/// `str.lower()`: full lower-casing with the final sigma rule and U+0130 -> "i" U+0307.
std::string py_lower(std::string_view text);

/// `str.isspace()` of one code point: also U+001C..U+001F and U+0085.
bool py_is_space(char32_t cp);

/// `str.strip()`: both ends freed of py_is_space. A view into `text`.
std::string_view py_strip(std::string_view text);

/// `repr(text)` of a str: quotes, escapes of non-printable characters. Used where the reference builds keys
/// with repr().
std::string py_repr(std::string_view text);

}  // namespace gliner
