#include "redaction/sensitive_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <map>

#include "gliner/error.h"
#include "text/python_unicode.h"
#include "text/utf8.h"

namespace gliner {
namespace {

std::int64_t units_of(char32_t sign, std::size_t bytes, OffsetUnit unit) {
  switch (unit) {
    case OffsetUnit::kByte:
      return static_cast<std::int64_t>(bytes);
    case OffsetUnit::kUtf16:
      return sign > 0xffff ? 2 : 1;
    case OffsetUnit::kCodePoint:
      break;
  }
  return 1;
}

/// Byte offsets of `offsets`, which ascend. One pass over the text.
std::map<std::int64_t, std::size_t> byte_offsets(std::string_view text,
                                                 const std::vector<std::int64_t>& offsets, OffsetUnit unit) {
  std::map<std::int64_t, std::size_t> found;
  std::int64_t offset = 0;
  std::size_t byte = 0;
  for (const std::int64_t wanted : offsets) {
    while (offset < wanted && byte < text.size()) {
      const std::size_t begin = byte;
      const char32_t sign = next_code_point(text, byte);
      offset += units_of(sign, byte - begin, unit);
    }
    if (offset > wanted)
      throw InputError(fmt::format("offset {} of a span is inside of a code point", wanted));
    // The engine's added full stop may be part of a span (Mention::end).
    if (offset < wanted && wanted != offset + 1) {
      throw InputError(
          fmt::format("offset {} of a span is behind the text, which ends at {}", wanted, offset));
    }
    found[wanted] = byte;
  }
  return found;
}

struct ByteSpan {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::int64_t code_points = 0;
  const SensitiveSpan* span = nullptr;
};

std::vector<ByteSpan> to_bytes(std::string_view text, const std::vector<SensitiveSpan>& spans,
                               OffsetUnit unit) {
  std::vector<std::int64_t> offsets;
  for (const SensitiveSpan& span : spans) {
    if (span.begin < 0 || span.end < span.begin) {
      throw InputError(fmt::format("a span from {} to {} cannot be", span.begin, span.end));
    }
    offsets.push_back(span.begin);
    offsets.push_back(span.end);
  }
  std::sort(offsets.begin(), offsets.end());
  const auto bytes = byte_offsets(text, offsets, unit);
  std::vector<ByteSpan> found;
  for (const SensitiveSpan& span : spans) {
    const std::size_t begin = bytes.at(span.begin);
    const std::size_t end = bytes.at(span.end);
    if (begin < end) found.push_back({begin, end, count_code_points(text.substr(begin, end - begin)), &span});
  }
  return found;
}

/// Labels of the spans [first, last): of the longest first, the most certain one of several.
std::vector<std::string> labels_of(std::vector<ByteSpan> spans) {
  std::stable_sort(spans.begin(), spans.end(), [](const ByteSpan& a, const ByteSpan& b) {
    return a.code_points != b.code_points ? a.code_points > b.code_points
                                          : a.span->confidence > b.span->confidence;
  });
  std::vector<std::string> labels;
  for (const ByteSpan& each : spans) {
    if (std::find(labels.begin(), labels.end(), each.span->label) == labels.end())
      labels.push_back(each.span->label);
  }
  return labels;
}

/// Whether [begin, end) has no letter or digit of the same word beside it.
bool is_own_word(std::string_view text, std::size_t begin, std::size_t end) {
  std::size_t first = begin;
  const bool begins_in_word = py_is_word(next_code_point(text, first));
  std::size_t last = end - 1;
  while (last > begin && (static_cast<unsigned char>(text[last]) & 0xc0U) == 0x80U) --last;
  const bool ends_in_word = py_is_word(next_code_point(text, last));
  if (begin > 0 && begins_in_word) {
    std::size_t before = begin - 1;
    while (before > 0 && (static_cast<unsigned char>(text[before]) & 0xc0U) == 0x80U) --before;
    if (py_is_word(next_code_point(text, before))) return false;
  }
  if (end < text.size() && ends_in_word) {
    std::size_t after = end;
    if (py_is_word(next_code_point(text, after))) return false;
  }
  return true;
}

}  // namespace

std::vector<SensitivePiece> merge_spans(std::string_view text, const std::vector<SensitiveSpan>& spans,
                                        OffsetUnit unit) {
  std::vector<ByteSpan> by_position = to_bytes(text, spans, unit);
  std::stable_sort(by_position.begin(), by_position.end(),
                   [](const ByteSpan& a, const ByteSpan& b) { return a.begin < b.begin; });
  std::vector<SensitivePiece> pieces;
  for (std::size_t i = 0; i < by_position.size();) {
    std::vector<ByteSpan> together;
    const std::size_t begin = by_position[i].begin;
    std::size_t end = by_position[i].end;
    while (i < by_position.size() && (together.empty() || by_position[i].begin < end)) {
      end = std::max(end, by_position[i].end);
      together.push_back(by_position[i++]);
    }
    pieces.push_back({begin, end, labels_of(std::move(together))});
  }
  return pieces;
}

std::vector<SensitivePiece> with_every_mention(std::string_view text, std::vector<SensitivePiece> pieces) {
  // Shorter ones ("a", "12") stand for too much.
  constexpr std::int64_t kMinCodePoints = 3;
  std::vector<SensitiveSpan> all;
  const auto add = [&all](std::size_t begin, std::size_t end, const std::vector<std::string>& labels) {
    // Equal spans keep the order of their labels by their confidence.
    double confidence = 1;
    for (const std::string& label : labels) {
      all.push_back({static_cast<std::int64_t>(begin), static_cast<std::int64_t>(end), label, confidence});
      confidence /= 2;
    }
  };
  std::map<std::string_view, const SensitivePiece*> distinct;
  for (const SensitivePiece& piece : pieces) {
    add(piece.begin_byte, piece.end_byte, piece.labels);
    distinct.emplace(text.substr(piece.begin_byte, piece.end_byte - piece.begin_byte), &piece);
  }
  for (const auto& [removed, piece] : distinct) {
    if (count_code_points(removed) < kMinCodePoints) continue;
    for (std::size_t at = text.find(removed); at != std::string_view::npos; at = text.find(removed, at + 1)) {
      if (is_own_word(text, at, at + removed.size())) add(at, at + removed.size(), piece->labels);
    }
  }
  return merge_spans(text, all, OffsetUnit::kByte);
}

}  // namespace gliner
