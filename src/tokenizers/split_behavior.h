#pragma once

#include <string_view>
#include <vector>

#include "tokenizers/json_section.h"
#include "tokenizers/piece.h"
#include "tokenizers/regex.h"

namespace gliner {

/// What becomes of the matches of a delimiter. Splitting "the-final--countdown" at '-':
enum class SplitBehavior {
  kRemoved,             ///< the | final | countdown
  kIsolated,            ///< the | - | final | - | - | countdown
  kMergedWithPrevious,  ///< the- | final- | - | countdown
  kMergedWithNext,      ///< the | -final | - | -countdown
  kContiguous,          ///< the | - | final | -- | countdown
};

/// The member "behavior". Throws ModelError.
SplitBehavior read_split_behavior(const JsonSection& section);

/// Splits `piece` at `matches`, which cover it in order, and appends the parts to `out`.
void split_at(const Piece& piece, const std::vector<Match>& matches, SplitBehavior behavior,
              std::vector<Piece>& out);

}  // namespace gliner
