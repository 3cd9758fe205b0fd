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

/// Greedy over the spans of all labels, as GLiNER v1 decodes (gliner/decoding/decoder.py, greedy_search): a
/// stable sort by descending score, then whatever conflicts with a better one is dropped, then a stable sort
/// by begin. kNested: only crossing conflicts; kAllow: nothing does; other policies: any overlap. An equal
/// range conflicts unless `multi_label` (or kAllow). kLongest is an InputError.
std::vector<ScoredRange> select_across_labels(std::vector<ScoredRange> ranges, OverlapPolicy policy,
                                              bool multi_label);

/// The shared resolver (gliner2/inference/overlap.py, resolve_overlaps): ranks by (-score, begin, end,
/// place), drops exact duplicates of a range, applies `policy` (not kDefault) and returns by rank.
std::vector<ScoredRange> resolve_overlaps(std::vector<ScoredRange> ranges, OverlapPolicy policy);

}  // namespace gliner
