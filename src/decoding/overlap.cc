#include "decoding/overlap.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "gliner/error.h"
#include "text/python_string.h"

namespace gliner {
namespace {

bool ranks_before(const ScoredRange& a, const ScoredRange& b) {
  if (a.score != b.score) return a.score > b.score;
  return std::tie(a.begin, a.end, a.index) < std::tie(b.begin, b.end, b.index);
}

bool contains(const ScoredRange& outer, const ScoredRange& inner) {
  return outer.begin <= inner.begin && inner.end <= outer.end;
}

std::vector<ScoredRange> drop_crossing(const std::vector<ScoredRange>& ranked) {
  std::vector<ScoredRange> kept;
  for (const ScoredRange& range : ranked) {
    const bool crosses = std::any_of(kept.begin(), kept.end(), [&range](const ScoredRange& other) {
      const bool overlap = range.begin < other.end && other.begin < range.end;
      return overlap && !contains(range, other) && !contains(other, range);
    });
    if (!crosses) kept.push_back(range);
  }
  return kept;
}

std::vector<ScoredRange> drop_contained(const std::vector<ScoredRange>& ranked) {
  std::vector<ScoredRange> kept;
  for (const ScoredRange& range : ranked) {
    const bool contained = std::any_of(ranked.begin(), ranked.end(), [&range](const ScoredRange& other) {
      return contains(other, range) && (other.begin < range.begin || range.end < other.end);
    });
    if (!contained) kept.push_back(range);
  }
  return kept;
}

/// True if `range`, which is none of the kept ranges, overlaps one of them (nested: crosses one).
bool conflicts(const std::map<std::int64_t, std::set<std::int64_t>>& kept, const ScoredRange& range,
               bool nested) {
  for (auto place = kept.begin(); place != kept.end() && place->first < range.end; ++place) {
    for (const std::int64_t end : place->second) {
      if (end <= range.begin) continue;
      const ScoredRange other{0, place->first, end, 0};
      if (!nested || (!contains(range, other) && !contains(other, range))) return true;
    }
  }
  return false;
}

/// Weighted interval scheduling. A cell is the best choice among the first ranges by end; choices are linked
/// lists into the table, so the memory is O(n) and the lists are only walked to break an exact tie.
class IntervalScheduler {
 public:
  explicit IntervalScheduler(std::vector<ScoredRange> ranges) : ranges_(std::move(ranges)) {
    std::sort(ranges_.begin(), ranges_.end(), [](const ScoredRange& a, const ScoredRange& b) {
      return std::make_tuple(a.end, a.begin, -a.score, a.index) <
             std::make_tuple(b.end, b.begin, -b.score, b.index);
    });
  }

  std::vector<ScoredRange> best() const {
    std::vector<Cell> cells = {Cell{}};
    for (std::size_t i = 0; i < ranges_.size(); ++i) {
      const Cell& base = cells[compatible_before(i)];
      Cell with{base.score + ranges_[i].score, base.count + 1, static_cast<std::ptrdiff_t>(i),
                static_cast<std::ptrdiff_t>(compatible_before(i))};
      cells.push_back(better(cells, with, cells.back()) ? with : cells.back());
    }
    std::vector<ScoredRange> chosen = selection(cells, cells.back());
    return chosen;
  }

 private:
  struct Cell {
    double score = 0;
    std::size_t count = 0;
    std::ptrdiff_t range = -1;     // last chosen range
    std::ptrdiff_t previous = -1;  // cell of the choices before it
  };

  /// Number of ranges (a prefix of the order by end) that end at or before the begin of range `i`.
  std::size_t compatible_before(std::size_t i) const {
    const auto limit = ranges_.begin() + static_cast<std::ptrdiff_t>(i);
    const auto found =
        std::upper_bound(ranges_.begin(), limit, ranges_[i].begin,
                         [](std::int64_t begin, const ScoredRange& r) { return begin < r.end; });
    return static_cast<std::size_t>(found - ranges_.begin());
  }

  std::vector<ScoredRange> selection(const std::vector<Cell>& cells, Cell cell) const {
    std::vector<ScoredRange> chosen;
    while (cell.range >= 0) {
      chosen.push_back(ranges_[static_cast<std::size_t>(cell.range)]);
      cell = cells[static_cast<std::size_t>(cell.previous)];
    }
    std::sort(chosen.begin(), chosen.end(), ranks_before);
    return chosen;
  }

  /// Ties in the sum go to more ranges, then to the lexicographically better ranking.
  bool better(const std::vector<Cell>& cells, const Cell& with, const Cell& without) const {
    if (with.score != without.score) return with.score > without.score;
    if (with.count != without.count) return with.count > without.count;
    const std::vector<ScoredRange> a = selection(cells, with);
    const std::vector<ScoredRange> b = selection(cells, without);
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(), ranks_before);
  }

  std::vector<ScoredRange> ranges_;
};

}  // namespace

OverlapPolicy parse_overlap_policy(std::string_view name) {
  static const std::map<std::string, OverlapPolicy> kAliases = {{"allow", OverlapPolicy::kAllow},
                                                                {"all", OverlapPolicy::kAllow},
                                                                {"none", OverlapPolicy::kAllow},
                                                                {"nested", OverlapPolicy::kNested},
                                                                {"allow_nested", OverlapPolicy::kNested},
                                                                {"flat", OverlapPolicy::kDisallow},
                                                                {"disallow", OverlapPolicy::kDisallow},
                                                                {"no_overlap", OverlapPolicy::kDisallow},
                                                                {"non_overlapping", OverlapPolicy::kDisallow},
                                                                {"longest", OverlapPolicy::kLongest},
                                                                {"keep_longest", OverlapPolicy::kLongest}};
  std::string key = py_lower(py_strip(name));
  std::replace(key.begin(), key.end(), '-', '_');
  const auto found = kAliases.find(key);
  if (found == kAliases.end()) {
    throw InputError(fmt::format(
        "unknown overlap policy \"{}\"; expected allow, nested, flat (disallow) or longest", name));
  }
  return found->second;
}

std::vector<ScoredRange> select_greedily(std::vector<ScoredRange> ranges) {
  std::stable_sort(ranges.begin(), ranges.end(),
                   [](const ScoredRange& a, const ScoredRange& b) { return a.score > b.score; });
  std::vector<ScoredRange> kept;
  std::map<std::int64_t, std::int64_t> taken;  // begin -> end of kept ranges, which are disjoint
  for (const ScoredRange& range : ranges) {
    const auto next = taken.lower_bound(range.begin);
    if (next != taken.end() && next->first < range.end) continue;
    if (next != taken.begin() && std::prev(next)->second > range.begin) continue;
    taken.emplace(range.begin, range.end);
    kept.push_back(range);
  }
  return kept;
}

std::vector<ScoredRange> select_across_labels(std::vector<ScoredRange> ranges, OverlapPolicy policy,
                                              bool multi_label) {
  if (policy == OverlapPolicy::kLongest) {
    throw InputError("GLiNER v1 models have no overlap policy \"longest\"; use flat, nested or allow");
  }
  std::stable_sort(ranges.begin(), ranges.end(),
                   [](const ScoredRange& a, const ScoredRange& b) { return a.score > b.score; });
  std::vector<ScoredRange> kept;
  std::map<std::int64_t, std::set<std::int64_t>> taken;  // begin -> ends of the kept ranges
  for (const ScoredRange& range : ranges) {
    const auto same_begin = taken.find(range.begin);
    const bool equal = same_begin != taken.end() && same_begin->second.count(range.end) != 0;
    const bool conflict = policy != OverlapPolicy::kAllow &&
                          (equal ? !multi_label : conflicts(taken, range, policy == OverlapPolicy::kNested));
    if (conflict) continue;
    taken[range.begin].insert(range.end);
    kept.push_back(range);
  }
  std::stable_sort(kept.begin(), kept.end(),
                   [](const ScoredRange& a, const ScoredRange& b) { return a.begin < b.begin; });
  return kept;
}

std::vector<ScoredRange> resolve_overlaps(std::vector<ScoredRange> ranges, OverlapPolicy policy) {
  std::sort(ranges.begin(), ranges.end(), ranks_before);
  std::set<std::pair<std::int64_t, std::int64_t>> seen;
  std::vector<ScoredRange> distinct;
  for (const ScoredRange& range : ranges) {
    if (seen.emplace(range.begin, range.end).second) distinct.push_back(range);
  }
  switch (policy) {
    case OverlapPolicy::kAllow:
      return distinct;
    case OverlapPolicy::kNested:
      return drop_crossing(distinct);
    case OverlapPolicy::kLongest:
      return drop_contained(distinct);
    case OverlapPolicy::kDisallow:
      return IntervalScheduler(std::move(distinct)).best();
    case OverlapPolicy::kDefault:
      break;
  }
  GLINER_CHECK(policy != OverlapPolicy::kDefault);
  return {};
}

}  // namespace gliner
