#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace gliner {

/// Bytes at which a sentence begins, ascending, the first one at 0 left out: Unicode's sentence boundaries
/// (UAX #29) in the root locale, without the ends of lines that only wrap a sentence. `text` is valid UTF-8.
std::vector<std::int64_t> sentence_breaks(const std::string& text);

}  // namespace gliner
