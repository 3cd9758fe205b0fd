#pragma once

#include <array>
#include <string>
#include <vector>

namespace gliner {

/// The markers of GLiNER2 prompts in the order in which the reference adds them to a tokenizer, which decides
/// their ids (gliner2/processor.py, SchemaTransformer.SPECIAL_TOKENS).
inline constexpr std::array<const char*, 10> kMarkers = {"[SEP_STRUCT]", "[SEP_TEXT]",   "[P]", "[C]",
                                                         "[E]",          "[R]",          "[L]", "[EXAMPLE]",
                                                         "[OUTPUT]",     "[DESCRIPTION]"};

/// kMarkers as Tokenizer::add_special_tokens takes them.
inline std::vector<std::string> marker_tokens() { return {kMarkers.begin(), kMarkers.end()}; }

}  // namespace gliner
