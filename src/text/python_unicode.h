#pragma once

// What Python 3.11 knows of single code points. Python 3.11 carries Unicode 14.0; a code point that a newer
// standard assigned is unassigned here, whatever the version of the ICU library.

namespace gliner {

/// Has a meaning in Unicode 14.0.
bool py_is_assigned(char32_t cp);

/// `\w` of a str pattern: `str.isalnum()` or '_'. No combining marks.
bool py_is_word(char32_t cp);

/// General category M*: non-spacing, spacing and enclosing marks.
bool py_is_mark(char32_t cp);

/// `\d` of a str pattern: `str.isdecimal()`.
bool py_is_decimal(char32_t cp);

/// `str.isprintable()`.
bool py_is_printable(char32_t cp);

/// May begin, or continue, an identifier (`str.isidentifier()`).
bool py_is_identifier_start(char32_t cp);
bool py_is_identifier_part(char32_t cp);

/// Lower case of one code point as one code point (simple mapping: U+0130 -> 'i'), as `re` compares.
char32_t py_simple_lower(char32_t cp);

/// The properties behind the final sigma rule.
bool py_is_cased(char32_t cp);
bool py_is_case_ignorable(char32_t cp);

}  // namespace gliner
