#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "gliner/redact.h"

namespace gliner {

/// A piece of a text that goes, in bytes.
struct SensitivePiece {
  std::size_t begin_byte = 0;
  std::size_t end_byte = 0;
  std::vector<std::string> labels;  ///< The one that names it first.
};

/// Unions of overlapping spans, by position; spans that only touch stay apart. `text` is UTF-8. Throws
/// InputError on spans that are not in it.
std::vector<SensitivePiece> merge_spans(std::string_view text, const std::vector<SensitiveSpan>& spans,
                                        OffsetUnit unit);

/// `pieces` and every other place where the text of one of them stands as a word of its own, with its labels.
std::vector<SensitivePiece> with_every_mention(std::string_view text, std::vector<SensitivePiece> pieces);

}  // namespace gliner
