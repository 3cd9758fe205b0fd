#include "chunking/windows.h"

#include <fmt/format.h>

#include <algorithm>

#include "gliner/error.h"

namespace gliner {

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
  const auto step = static_cast<std::size_t>(options.chunk_size - options.chunk_overlap);
  std::vector<Window> windows;
  for (std::size_t first = 0; first < words.size(); first += step) {
    const std::size_t end = std::min(first + size, words.size());
    windows.push_back({words[first].begin_byte, words[end - 1].end_byte});
    if (end == words.size()) break;
  }
  return windows;
}

}  // namespace gliner
