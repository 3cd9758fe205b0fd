#include "chunking/windows.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <optional>

#include "gliner/error.h"
#include "text/sentences.h"

namespace gliner {
namespace {

/// True for each word with which a sentence begins; the word at the end of the list counts as one.
std::vector<bool> sentence_begins(const std::string& text, const std::vector<WordSpan>& words) {
  const std::vector<std::int64_t> breaks = sentence_breaks(text);
  std::vector<bool> begins(words.size(), false);
  auto next = breaks.begin();
  for (std::size_t i = 0; i < words.size(); ++i) {
    while (next != breaks.end() && *next <= words[i].begin_byte) {
      begins[i] = true;
      ++next;
    }
  }
  return begins;
}

/// The last word in [from, to] that begins a sentence.
std::optional<std::size_t> last_begin(const std::vector<bool>& begins, std::size_t from, std::size_t to) {
  for (std::size_t i = to; i >= from && i > 0; --i) {
    if (begins[i]) return i;
  }
  return {};
}

/// The first word in [from, to) that begins a sentence.
std::optional<std::size_t> first_begin(const std::vector<bool>& begins, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < to; ++i) {
    if (begins[i]) return i;
  }
  return {};
}

}  // namespace

std::vector<Window> split_windows(const std::string& text, const LongOptions& options,
                                  WordSplitter splitter) {
  return windows_of_words(text, split_words(text, splitter), options);
}

std::vector<Window> windows_of_words(const std::string& text, const std::vector<WordSpan>& words,
                                     const LongOptions& options) {
  if (options.chunk_size <= 0) {
    throw InputError(fmt::format("chunk_size must be greater than 0, got {}", options.chunk_size));
  }
  if (options.chunk_overlap < 0) {
    throw InputError(fmt::format("chunk_overlap must not be negative, got {}", options.chunk_overlap));
  }
  if (options.chunk_overlap >= options.chunk_size) {
    throw InputError(fmt::format("chunk_overlap ({}) must be smaller than chunk_size ({})",
                                 options.chunk_overlap, options.chunk_size));
  }
  if (words.empty()) return {{0, static_cast<std::int64_t>(text.size())}};
  const auto size = static_cast<std::size_t>(options.chunk_size);
  const auto overlap = static_cast<std::size_t>(options.chunk_overlap);
  const std::vector<bool> begins_sentence = options.ends == WindowEnds::kSentences
                                                ? sentence_begins(text, words)
                                                : std::vector<bool>(words.size(), false);
  std::vector<Window> windows;
  for (std::size_t first = 0;;) {
    std::size_t end = std::min(first + size, words.size());
    if (end < words.size()) end = last_begin(begins_sentence, first + size / 2 + 1, end).value_or(end);
    windows.push_back({words[first].begin_byte, words[end - 1].end_byte});
    if (end == words.size()) return windows;
    // A window that ends early must not make the next one begin where this one did.
    const std::size_t least_step = std::min(size - overlap, size / 4 + 1);
    const std::size_t next = std::max(end - std::min(overlap, end), first + least_step);
    first = first_begin(begins_sentence, next, end).value_or(next);
  }
}

}  // namespace gliner
