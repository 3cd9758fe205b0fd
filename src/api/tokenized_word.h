#pragma once

#include <string>
#include <string_view>

#include "gliner/tokenizer.h"
#include "text/utf8.h"
#include "text/word_splitter.h"

namespace gliner {

/// The word at `span` of `text` with its places; without ids. `offsets` is the text's.
inline TokenizedWord tokenized_word(std::string_view text, const OffsetMap& offsets, const WordSpan& span) {
  TokenizedWord word;
  word.word = std::string(text.substr(static_cast<std::size_t>(span.begin_byte),
                                      static_cast<std::size_t>(span.end_byte - span.begin_byte)));
  word.begin_char = offsets.from_byte(span.begin_byte, OffsetUnit::kCodePoint);
  word.end_char = offsets.from_byte(span.end_byte, OffsetUnit::kCodePoint);
  word.begin_byte = span.begin_byte;
  word.end_byte = span.end_byte;
  return word;
}

}  // namespace gliner
