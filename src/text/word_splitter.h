#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gliner/options.h"

namespace gliner {

/// A word as a half-open byte range of the text it was found in.
struct WordSpan {
  std::int64_t begin_byte;
  std::int64_t end_byte;
};

/// Splits valid UTF-8 as the reference's splitter of that name does (gliner2/processing/word_splitter.py),
/// with Python's `\w` and `\s`. Thread-safe.
std::vector<WordSpan> split_words(std::string_view text, WordSplitter splitter);

/// The splitter of GLiNER v1: `\w+(?:[-_]\w+)*|\S`, no combining marks, no URL rule. Thread-safe.
std::vector<WordSpan> split_words_v1(std::string_view text);

}  // namespace gliner
