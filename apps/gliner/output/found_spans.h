#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "gliner/result.h"

namespace gliner::cli {

/// A labelled place in a text.
struct FoundSpan {
  std::int64_t begin = 0;  ///< Half-open, in the unit that was extracted with.
  std::int64_t end = 0;
  std::string label;
  double score = 0;
};

/// All entities with a place, by begin, the longer one first. `length`: of the text in the same unit; the
/// full stop that the engine puts behind a text is taken off again.
std::vector<FoundSpan> spans_of(const Result& result, std::int64_t length);

/// Of spans that overlap the one with the higher score, else the earlier one. By begin.
std::vector<FoundSpan> without_overlaps(const std::vector<FoundSpan>& spans);

/// Lengths of UTF-8 text. Broken bytes count as one each.
std::int64_t code_points(std::string_view text);
std::int64_t utf16_units(std::string_view text);

/// Half-open byte ranges of the tokens of a text: words, and every other sign alone. White space, as Python's
/// str.isspace knows it, is in none. Where one of `spans`, which count in bytes, begins or ends within a
/// token, the token is divided.
struct TokenRange {
  std::size_t begin = 0;
  std::size_t end = 0;
};
std::vector<TokenRange> tokens_of(std::string_view text, const std::vector<FoundSpan>& spans = {});

}  // namespace gliner::cli
