#pragma once

// What the Rust code of Hugging Face tokenizers says about single code points.
//
// Its crates carry tables of different ages: `char` methods and the `regex` crate follow a recent Unicode,
// `unicode_categories` stopped at 8.0 and `unicode-normalization-alignments` at 9.0. The old ones are
// imitated by asking ICU for the age of a code point, with the handful of code points whose category changed
// since listed one by one. A code point newer than the ICU library counts as unassigned.

namespace gliner {

/// `char::is_whitespace`, and `\s` of both regex engines: the property White_Space.
bool rust_is_whitespace(char32_t cp);

/// `char::is_numeric`: categories Nd, Nl, No.
bool rust_is_numeric(char32_t cp);

/// `\w` of the `regex` crate: Alphabetic, M, Nd, Pc and Join_Control.
bool rust_is_word(char32_t cp);

/// Lower case of a code point without context. U+0130 is the only one that gives two code points: `second` is
/// then U+0307, else 0.
struct LowerCase {
  char32_t first;
  char32_t second;
};
LowerCase rust_lower(char32_t cp);

/// Punctuation of the BertPreTokenizer and Punctuation kinds: ASCII punctuation, or category P in
/// Unicode 8.0.
bool bert_is_punctuation(char32_t cp);

/// Dropped by clean_text: category Cc, Cf or Co in Unicode 8.0 without tab, line feed and carriage return.
bool bert_is_control(char32_t cp);

/// Surrounded by blanks by handle_chinese_chars.
bool bert_is_chinese(char32_t cp);

/// Dropped by strip_accents of the BertNormalizer: category Mn in Unicode 8.0.
bool bert_is_accent(char32_t cp);

/// Dropped by the StripAccents normalizer: category M in Unicode 9.0.
bool is_combining_mark(char32_t cp);

}  // namespace gliner
