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

/// Bytes of the white space at `i`; 0: there is none.
std::size_t blank_at(std::string_view text, std::size_t i) {
  const auto byte = [&](std::size_t k) {
    return i + k < text.size() ? static_cast<unsigned char>(text[i + k]) : 0;
  };
  const unsigned first = byte(0);
  if (first == ' ' || (first >= 0x09 && first <= 0x0D) || (first >= 0x1C && first <= 0x1F)) return 1;
  if (first == 0xC2) return byte(1) == 0x85 || byte(1) == 0xA0 ? 2 : 0;  // next line, no-break space
  const unsigned code_point = (first & 0x0FU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
  if (first < 0xE1 || first > 0xE3) return 0;
  const bool blank = code_point == 0x1680 || (code_point >= 0x2000 && code_point <= 0x200A) ||
                     code_point == 0x2028 || code_point == 0x2029 || code_point == 0x202F ||
                     code_point == 0x205F || code_point == 0x3000;
  return blank ? 3 : 0;
}

/// Where spans begin and end, ascending.
std::vector<std::size_t> ends_of(const std::vector<FoundSpan>& spans) {
  std::vector<std::size_t> ends;
  for (const FoundSpan& span : spans) {
    ends.push_back(static_cast<std::size_t>(span.begin));
    ends.push_back(static_cast<std::size_t>(span.end));
  }
  std::sort(ends.begin(), ends.end());
  return ends;
}

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

std::vector<TokenRange> tokens_of(std::string_view text, const std::vector<FoundSpan>& spans) {
  const std::vector<std::size_t> cuts = ends_of(spans);
  auto cut = cuts.begin();
  std::vector<TokenRange> tokens;
  for (std::size_t i = 0; i < text.size();) {
    if (const std::size_t blank = blank_at(text, i); blank > 0) {
      i += blank;
      continue;
    }
    const std::size_t begin = i++;
    while (cut != cuts.end() && *cut <= begin) ++cut;
    const std::size_t end = cut == cuts.end() ? text.size() : *cut;
    while (is_word_byte(text[begin]) && i < end && is_word_byte(text[i]) && blank_at(text, i) == 0) ++i;
    tokens.push_back({begin, i});
  }
  return tokens;
}

}  // namespace gliner::cli
