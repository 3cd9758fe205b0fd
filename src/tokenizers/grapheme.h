#pragma once

#include <cstddef>
#include <string_view>

namespace gliner {

/// End of the extended grapheme cluster that begins at `pos` < text.size() of valid UTF-8: the rules GB3 to
/// GB13 of UAX #29 on ICU's properties. GB9c (Indic conjuncts) is left out: such clusters have six bytes or
/// more with or without it, and nothing here asks how long the long ones are.
std::size_t grapheme_end(std::string_view text, std::size_t pos);

}  // namespace gliner
