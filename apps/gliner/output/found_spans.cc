#include "output/found_spans.h"

#include <algorithm>
#include <tuple>

namespace gliner::cli {
namespace {

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0) == 0x80; }
bool is_beyond_bmp(char c) { return (static_cast<unsigned char>(c) & 0xF8) == 0xF0; }

// Every byte of a non-ASCII character counts as part of a word: a line between words and signs of all scripts
// is not needed to show tags.
bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') ||
         (byte >= 'a' && byte <= 'z') || byte == '_';
}

bool is_blank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace

std::vector<FoundSpan> spans_of(const Result& result, std::int64_t length) {
  std::vector<FoundSpan> spans;
  for (const EntityList& list : result.entities) {
    for (const Entity& entity : list.entities) {
      const FoundSpan span = {entity.begin, std::min(entity.end, length), list.label, entity.confidence};
      if (span.begin >= 0 && span.begin < span.end) spans.push_back(span);
    }
  }
  std::stable_sort(spans.begin(), spans.end(), [](const FoundSpan& a, const FoundSpan& b) {
    return std::make_tuple(a.begin, -a.end) < std::make_tuple(b.begin, -b.end);
  });
  return spans;
}

std::vector<FoundSpan> without_overlaps(const std::vector<FoundSpan>& spans) {
  std::vector<FoundSpan> order = spans;
  std::stable_sort(order.begin(), order.end(),
                   [](const FoundSpan& a, const FoundSpan& b) { return a.score > b.score; });
  std::vector<FoundSpan> kept;  // by begin
  for (FoundSpan& span : order) {
    const auto next =
        std::lower_bound(kept.begin(), kept.end(), span.begin,
                         [](const FoundSpan& a, std::int64_t begin) { return a.begin < begin; });
    if (next != kept.end() && next->begin < span.end) continue;
    if (next != kept.begin() && std::prev(next)->end > span.begin) continue;
    kept.insert(next, std::move(span));
  }
  return kept;
}

std::int64_t code_points(std::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char c) { return !is_continuation(c); });
}

std::int64_t utf16_units(std::string_view text) {
  return code_points(text) + std::count_if(text.begin(), text.end(), is_beyond_bmp);
}

std::vector<TokenRange> tokens_of(std::string_view text) {
  std::vector<TokenRange> tokens;
  for (std::size_t i = 0; i < text.size();) {
    if (is_blank(text[i])) {
      ++i;
      continue;
    }
    const std::size_t begin = i++;
    while (is_word_byte(text[begin]) && i < text.size() && is_word_byte(text[i])) ++i;
    tokens.push_back({begin, i});
  }
  return tokens;
}

}  // namespace gliner::cli
