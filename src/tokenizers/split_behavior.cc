#include "tokenizers/split_behavior.h"

#include <fmt/format.h>

#include <algorithm>

namespace gliner {
namespace {

using Matches = std::vector<Match>;

// A match goes to what stands before it, unless that is a match too.
Matches merge_with_previous(const Matches& matches) {
  Matches parts;
  bool after_match = false;
  for (const Match& match : matches) {
    if (match.is_match && !after_match && !parts.empty()) {
      parts.back().end = match.end;
    } else {
      parts.push_back(match);
    }
    after_match = match.is_match;
  }
  return parts;
}

// The same seen from the right.
Matches merge_with_next(const Matches& matches) {
  Matches parts;
  bool before_match = false;
  for (auto match = matches.rbegin(); match != matches.rend(); ++match) {
    if (match->is_match && !before_match && !parts.empty()) {
      parts.back().begin = match->begin;
    } else {
      parts.push_back(*match);
    }
    before_match = match->is_match;
  }
  std::reverse(parts.begin(), parts.end());
  return parts;
}

Matches join_equal_neighbours(const Matches& matches) {
  Matches parts;
  for (const Match& match : matches) {
    if (!parts.empty() && parts.back().is_match == match.is_match) {
      parts.back().end = match.end;
    } else {
      parts.push_back(match);
    }
  }
  return parts;
}

Matches without_matches(const Matches& matches) {
  Matches parts;
  std::copy_if(matches.begin(), matches.end(), std::back_inserter(parts),
               [](const Match& m) { return !m.is_match; });
  return parts;
}

Matches arrange(const Matches& matches, SplitBehavior behavior) {
  switch (behavior) {
    case SplitBehavior::kRemoved:
      return without_matches(matches);
    case SplitBehavior::kMergedWithPrevious:
      return merge_with_previous(matches);
    case SplitBehavior::kMergedWithNext:
      return merge_with_next(matches);
    case SplitBehavior::kContiguous:
      return join_equal_neighbours(matches);
    case SplitBehavior::kIsolated:
      break;
  }
  return matches;
}

}  // namespace

SplitBehavior read_split_behavior(const JsonSection& section) {
  const std::string name = section.string("behavior");
  if (name == "Removed") return SplitBehavior::kRemoved;
  if (name == "Isolated") return SplitBehavior::kIsolated;
  if (name == "MergedWithPrevious") return SplitBehavior::kMergedWithPrevious;
  if (name == "MergedWithNext") return SplitBehavior::kMergedWithNext;
  if (name == "Contiguous") return SplitBehavior::kContiguous;
  section.fail(fmt::format("split behavior \"{}\" is not supported", name));
}

void split_at(const Piece& piece, const std::vector<Match>& matches, SplitBehavior behavior,
              std::vector<Piece>& out) {
  for (const Match& part : arrange(matches, behavior)) {
    out.push_back({piece.text.substr(part.begin, part.end - part.begin), piece.at_origin && part.begin == 0});
  }
}

}  // namespace gliner
