#include "decoding/gliner1_decoder.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>
#include <utility>

#include "decoding/overlap.h"
#include "decoding/rules.h"
#include "result/result_detail.h"

namespace gliner {
namespace {

constexpr std::size_t kShownClasses = 5;

std::vector<float> row_of(const std::vector<float>& matrix, std::size_t row, std::size_t columns) {
  const auto begin = matrix.begin() + static_cast<std::ptrdiff_t>(row * columns);
  return {begin, begin + static_cast<std::ptrdiff_t>(columns)};
}

/// One text's candidates on their way to spans.
class SpanDecoder {
 public:
  SpanDecoder(const Gliner1Prompt& prompt, const std::string& text, const Gliner1Text& prepared,
              const SpanOutput& output, const GeneratedLabels& generated, const ExtractOptions& options)
      : prompt_(prompt),
        text_(text),
        prepared_(prepared),
        output_(output),
        options_(options),
        names_(prompt.labels),
        vector_size_(static_cast<std::size_t>(output.vector_size)) {
    for (const GeneratedLabels::One& one : generated.all) {
      const auto key = static_cast<std::size_t>(one.key);
      if (!generated.replace_labels) {
        generated_.emplace(one.key, one.labels);
      } else if (key < names_.size() && !one.labels.empty()) {
        names_[key] = one.labels.front();
      }
    }
  }

  std::vector<ScoredRange> kept(const std::optional<std::vector<WordPair>>& allowed) const {
    std::vector<ScoredRange> ranges =
        select_across_labels(candidates(allowed), options_.overlap_policy, options_.multi_label);
    keep_single_values(ranges);
    return ranges;
  }

  Result decode(const std::optional<std::vector<WordPair>>& allowed) const {
    const std::vector<ScoredRange> ranges = kept(allowed);
    Result result;
    for (const ScoredRange& range : ranges) result.spans.push_back(span_of(range));
    add_relations(result, ranges);
    result.words = prepared_.total_words;
    result.truncated_words = prepared_.truncated_words;
    result.truncated_tokens = prepared_.truncated_tokens;
    file_by_label(result, *prompt_.spec, options_);
    return result;
  }

 private:
  /// With a negative threshold the reference keeps spans that were not asked for, at a score of zero: its
  /// mask multiplies. Such a span is not found here.
  std::vector<ScoredRange> candidates(const std::optional<std::vector<WordPair>>& allowed) const {
    std::set<std::pair<std::int32_t, std::int32_t>> only;
    if (allowed) {
      for (const WordPair& pair : *allowed) only.emplace(pair.first, pair.last);
    }
    std::vector<ScoredRange> ranges;
    for (std::size_t i = 0; i < output_.candidates.size(); ++i) {
      const SpanCandidate& candidate = output_.candidates[i];
      if (allowed && only.count({candidate.first, candidate.last}) == 0) continue;
      if (!accepted(candidate)) continue;
      ranges.push_back({candidate.score, candidate.first, candidate.last + 1, i});
    }
    return ranges;
  }

  bool accepted(const SpanCandidate& candidate) const {
    const ValueRule& rule = rule_of(prompt_.spec->entity_rules, label_of(candidate));
    if (rule.validators.empty()) return true;
    const Mention mention = mention_of(candidate);
    return std::all_of(rule.validators.begin(), rule.validators.end(),
                       [&](const CompiledValidator& validator) { return validator.accepts(mention.text); });
  }

  /// Of a label that was declared with Dtype::kStr the best span stays.
  void keep_single_values(std::vector<ScoredRange>& ranges) const {
    std::map<std::int32_t, const ScoredRange*> best;
    for (const ScoredRange& range : ranges) {
      const SpanCandidate& candidate = output_.candidates[range.index];
      if (rule_of(prompt_.spec->entity_rules, label_of(candidate)).dtype != Dtype::kStr) continue;
      const ScoredRange*& present = best[candidate.label];
      if (present == nullptr || range.score > present->score) present = &range;
    }
    if (best.empty()) return;
    std::vector<ScoredRange> kept;
    for (const ScoredRange& range : ranges) {
      const auto found = best.find(output_.candidates[range.index].label);
      if (found == best.end() || found->second == &range) kept.push_back(range);
    }
    ranges = std::move(kept);
  }

  const std::string& label_of(const SpanCandidate& candidate) const {
    return prompt_.labels[static_cast<std::size_t>(candidate.label)];
  }

  Mention mention_of(const SpanCandidate& candidate) const {
    Mention mention;
    mention.begin = prepared_.words[static_cast<std::size_t>(candidate.first)].begin_byte;
    mention.end = prepared_.words[static_cast<std::size_t>(candidate.last)].end_byte;
    mention.text = text_.substr(static_cast<std::size_t>(mention.begin),
                                static_cast<std::size_t>(mention.end - mention.begin));
    mention.confidence = candidate.score;
    return mention;
  }

  Span span_of(const ScoredRange& range) const {
    const SpanCandidate& candidate = output_.candidates[range.index];
    Span span;
    static_cast<Mention&>(span) = mention_of(candidate);
    span.label = names_[static_cast<std::size_t>(candidate.label)];
    if (!output_.class_scores.empty()) span.class_scores = class_scores(range.index);
    if (!output_.vectors.empty()) span.vector = row_of(output_.vectors, range.index, vector_size_);
    if (!output_.label_vectors.empty()) {
      span.label_vector =
          row_of(output_.label_vectors, static_cast<std::size_t>(candidate.label), vector_size_);
    }
    const auto generated = generated_.find(candidate.index);
    if (generated != generated_.end()) span.generated_labels = generated->second;
    return span;
  }

  std::vector<ScoredLabel> class_scores(std::size_t candidate) const {
    const std::size_t classes = output_.class_scores.size() / output_.candidates.size();
    const std::vector<float> scores = row_of(output_.class_scores, candidate, classes);
    std::vector<std::size_t> order(classes);
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(),
                     [&scores](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    order.resize(std::min(order.size(), kShownClasses));
    std::vector<ScoredLabel> best;
    best.reserve(order.size());
    for (const std::size_t label : order) best.push_back({names_[label], scores[label]});
    return best;
  }

  /// A relation stays if both its ends do; of several labels of one span it takes the first.
  void add_relations(Result& result, const std::vector<ScoredRange>& ranges) const {
    std::map<std::pair<std::int64_t, std::int64_t>, std::size_t> index;
    for (std::size_t i = 0; i < ranges.size(); ++i) {
      index.emplace(std::make_pair(ranges[i].begin, ranges[i].end - 1), i);
    }
    for (const RelationCandidate& found : output_.relations) {
      const auto head = index.find({found.head_first, found.head_last});
      const auto tail = index.find({found.tail_first, found.tail_last});
      if (head == index.end() || tail == index.end()) continue;
      SpanRelation relation;
      relation.head = head->second;
      relation.tail = tail->second;
      relation.relation = prompt_.relations[static_cast<std::size_t>(found.label)];
      relation.confidence = found.score;
      const auto pair = static_cast<std::size_t>(found.pair);
      const auto row = [&](const std::vector<float>& matrix, std::size_t which) {
        return matrix.empty() ? std::vector<float>() : row_of(matrix, which, vector_size_);
      };
      relation.vector = row(output_.pair_vectors, pair);
      relation.head_vector = row(output_.head_vectors, pair);
      relation.tail_vector = row(output_.tail_vectors, pair);
      relation.label_vector = row(output_.relation_label_vectors, static_cast<std::size_t>(found.label));
      result.span_relations.push_back(std::move(relation));
    }
  }

  const Gliner1Prompt& prompt_;
  const std::string& text_;
  const Gliner1Text& prepared_;
  const SpanOutput& output_;
  const ExtractOptions& options_;
  std::vector<std::string> names_;  // of the classes
  std::map<std::int32_t, std::vector<std::string>> generated_;
  std::size_t vector_size_;
};

}  // namespace

void fill_thresholds(SpanSequence& sequence, const Gliner1Prompt& prompt, const ExtractOptions& options) {
  sequence.thresholds.clear();
  for (const std::string& label : prompt.labels) {
    sequence.thresholds.push_back(
        rule_of(prompt.spec->entity_rules, label).threshold.value_or(options.threshold));
  }
  const double common = options.relation_threshold.value_or(options.threshold);
  sequence.relation_thresholds.clear();
  for (const std::string& relation : prompt.relations) {
    const auto found = prompt.spec->relation_thresholds.find(relation);
    const bool own = found != prompt.spec->relation_thresholds.end() && found->second;
    sequence.relation_thresholds.push_back(own ? *found->second : common);
  }
}

std::vector<WordPair> words_of_spans(const std::vector<SpanPlace>& spans,
                                     const std::vector<WordSpan>& words) {
  std::vector<WordPair> pairs;
  for (const SpanPlace& span : spans) {
    const auto first =
        std::lower_bound(words.begin(), words.end(), span.begin,
                         [](const WordSpan& word, std::int64_t begin) { return word.begin_byte < begin; });
    const auto last =
        std::lower_bound(words.begin(), words.end(), span.end,
                         [](const WordSpan& word, std::int64_t end) { return word.end_byte < end; });
    if (first == words.end() || last == words.end()) continue;
    if (first->begin_byte != span.begin || last->end_byte != span.end || last < first) continue;
    pairs.push_back(
        {static_cast<std::int32_t>(first - words.begin()), static_cast<std::int32_t>(last - words.begin())});
  }
  return pairs;
}

Result decode_spans(const Gliner1Prompt& prompt, const std::string& text, const Gliner1Text& prepared,
                    const SpanOutput& output, const GeneratedLabels& generated,
                    const std::optional<std::vector<WordPair>>& allowed, const ExtractOptions& options) {
  return SpanDecoder(prompt, text, prepared, output, generated, options).decode(allowed);
}

std::vector<std::int32_t> kept_spans(const Gliner1Prompt& prompt, const std::string& text,
                                     const Gliner1Text& prepared, const SpanOutput& output,
                                     const std::optional<std::vector<WordPair>>& allowed,
                                     const ExtractOptions& options) {
  std::vector<std::int32_t> spans;
  for (const ScoredRange& range : SpanDecoder(prompt, text, prepared, output, {}, options).kept(allowed))
    spans.push_back(output.candidates[range.index].index);
  std::sort(spans.begin(), spans.end());
  return spans;
}

void file_by_label(Result& result, const SchemaSpec& spec, const ExtractOptions& options) {
  auto detail = std::make_shared<ResultDetail>();
  detail->options = options;
  detail->options.corrected = true;  // this shape has no reference whose quirks could be kept
  result.entities.clear();
  result.relations.clear();
  std::map<std::string, std::size_t> place;
  const auto list_of = [&](const std::string& label) -> EntityList& {
    const auto [found, inserted] = place.emplace(label, result.entities.size());
    if (inserted) {
      result.entities.push_back({label, rule_of(spec.entity_rules, label).dtype == Dtype::kStr, {}});
    }
    return result.entities[found->second];
  };
  for (const auto& [label, unused] : spec.entities) list_of(label);
  for (const Span& span : result.spans) {
    Entity entity;
    static_cast<Mention&>(entity) = span;
    list_of(span.label).entities.push_back(std::move(entity));
  }
  for (EntityList& list : result.entities) {
    std::stable_sort(list.entities.begin(), list.entities.end(),
                     [](const Entity& a, const Entity& b) { return a.confidence > b.confidence; });
  }
  if (!spec.entities.empty()) {
    detail->tasks.push_back({ResultKind::kEntities, "entities", "entities", 0, result.entities.empty()});
  }
  for (const RelationDecl& declared : spec.relations) {
    RelationList list{declared.name, {}};
    for (const SpanRelation& relation : result.span_relations) {
      if (relation.relation != declared.name) continue;
      Mention head = result.spans[relation.head];
      Mention tail = result.spans[relation.tail];
      head.confidence = tail.confidence = relation.confidence;
      list.relations.push_back({std::move(head), std::move(tail)});
    }
    detail->tasks.push_back(
        {ResultKind::kRelation, declared.name, declared.name, result.relations.size(), false});
    detail->requested_relations.push_back(declared.name);
    result.relations.push_back(std::move(list));
  }
  result.detail = std::move(detail);
}

}  // namespace gliner
