#include "chunking/merge_spans.h"

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>

#include "decoding/overlap.h"

namespace gliner {
namespace {

using Place = std::tuple<std::int64_t, std::int64_t, std::string>;

Place place_of(const Span& span) { return {span.begin, span.end, span.label}; }

}  // namespace

Result merge_spans(const std::vector<Window>& windows, std::vector<Result> results,
                   const ExtractOptions& options) {
  std::vector<Span> spans;
  std::vector<SpanRelation> relations;  // Ends as indices into `spans`
  Result merged;
  for (std::size_t w = 0; w < results.size(); ++w) {
    const std::size_t first = spans.size();
    for (Span& span : results[w].spans) {
      span.begin += windows[w].begin_byte;
      span.end += windows[w].begin_byte;
      spans.push_back(std::move(span));
    }
    for (SpanRelation& relation : results[w].span_relations) {
      relation.head += first;
      relation.tail += first;
      relations.push_back(std::move(relation));
    }
    merged.words += results[w].words;
    merged.truncated_tokens += results[w].truncated_tokens;
  }

  // The best of what several windows found at one place under one label.
  std::map<Place, std::size_t> best;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    const auto [found, inserted] = best.emplace(place_of(spans[i]), i);
    if (!inserted && spans[i].confidence > spans[found->second].confidence) found->second = i;
  }
  std::vector<ScoredRange> ranges;
  for (std::size_t i = 0; i < spans.size(); ++i) {
    if (best.at(place_of(spans[i])) == i)
      ranges.push_back({spans[i].confidence, spans[i].begin, spans[i].end, i});
  }
  ranges = select_across_labels(std::move(ranges), options.overlap_policy, options.multi_label);

  std::map<std::size_t, std::size_t> kept;  // Index in `spans` -> in the result
  for (const ScoredRange& range : ranges) {
    kept.emplace(range.index, merged.spans.size());
    merged.spans.push_back(spans[range.index]);
  }
  std::map<std::tuple<std::size_t, std::size_t, std::string>, std::size_t> known;
  for (SpanRelation& relation : relations) {
    const auto head = kept.find(best.at(place_of(spans[relation.head])));
    const auto tail = kept.find(best.at(place_of(spans[relation.tail])));
    if (head == kept.end() || tail == kept.end()) continue;
    relation.head = head->second;
    relation.tail = tail->second;
    const auto [found, inserted] = known.emplace(
        std::make_tuple(relation.head, relation.tail, relation.relation), merged.span_relations.size());
    if (inserted) {
      merged.span_relations.push_back(std::move(relation));
    } else if (relation.confidence > merged.span_relations[found->second].confidence) {
      merged.span_relations[found->second] = std::move(relation);
    }
  }
  return merged;
}

}  // namespace gliner
