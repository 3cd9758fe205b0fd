#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gliner/options.h"
#include "text/word_splitter.h"

namespace gliner {

/// A window of a document: half-open byte range from its first word to its last.
struct Window {
  std::int64_t begin_byte;
  std::int64_t end_byte;
};

/// Overlapping windows of words (gliner2/inference/chunking.py, split_text_into_chunks): step = size -
/// overlap, the last window holds the last word. A document without words is one window. With
/// WindowEnds::kSentences a window ends behind the last sentence that ends in its second half, and the next
/// one begins with the first sentence that begins in the words they share. Throws InputError on sizes that
/// cannot move forward. `text` is valid UTF-8.
std::vector<Window> split_windows(const std::string& text, const LongOptions& options, WordSplitter splitter);

/// The same over words that are known already.
std::vector<Window> windows_of_words(const std::string& text, const std::vector<WordSpan>& words,
                                     const LongOptions& options);

}  // namespace gliner
