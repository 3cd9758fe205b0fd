#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/json_section.h"
#include "tokenizers/regex.h"

namespace gliner {

/// The member "pattern" of Replace and Split: {"String": "..."} or {"Regex": "..."}. Throws ModelError.
Regex read_search_pattern(const JsonSection& section);

/// `text` with `content` in the place of what is a match among `matches`, which Regex::find_all gave for it.
std::string replace_matches(std::string_view text, const std::vector<Match>& matches,
                            std::string_view content);

}  // namespace gliner
