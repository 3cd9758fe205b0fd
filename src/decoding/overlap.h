#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gliner/options.h"

namespace gliner {

/// A scored half-open range, with the place it had in the caller's list.
struct ScoredRange {
  double score = 0;
  std::int64_t begin = 0;
  std::int64_t end = 0;
  std::size_t index = 0;
};

/// Greedy by confidence: a stable sort by descending score, then whatever overlaps a better one is dropped.
/// The reference's default for short texts (candidate_decoder.py, finalize_spans). O(n log n).
std::vector<ScoredRange> select_greedily(std::vector<ScoredRange> ranges);

/// The shared resolver (gliner2/inference/overlap.py, resolve_overlaps): ranks by (-score, begin, end,
/// place), drops exact duplicates of a range, applies `policy` (not kDefault) and returns by rank.
std::vector<ScoredRange> resolve_overlaps(std::vector<ScoredRange> ranges, OverlapPolicy policy);

}  // namespace gliner
