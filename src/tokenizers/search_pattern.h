#pragma once

#include "tokenizers/json_section.h"
#include "tokenizers/regex.h"

namespace gliner {

/// The member "pattern" of Replace and Split: {"String": "..."} or {"Regex": "..."}. Throws ModelError.
Regex read_search_pattern(const JsonSection& section);

}  // namespace gliner
