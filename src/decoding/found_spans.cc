#include "decoding/found_spans.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "decoding/overlap.h"
#include "text/python_string.h"

namespace gliner {

FoundSpans::FoundSpans(const PreparedText& prepared, const TaskOutput& output, std::size_t labels)
    : prepared_(prepared), output_(output), labels_(labels) {
  const std::size_t cells = static_cast<std::size_t>(std::max(output.count, 0)) * labels;
  first_.assign(cells + 1, output.candidates.size());
  std::size_t cell = 0;
  for (std::size_t i = 0; i < output.candidates.size(); ++i) {
    const Candidate& candidate = output.candidates[i];
    const std::size_t at =
        static_cast<std::size_t>(candidate.instance) * labels + static_cast<std::size_t>(candidate.label);
    GLINER_CHECK(at < cells && at + 1 >= cell);
    while (cell <= at) first_[cell++] = i;
  }
}

std::vector<FoundSpan> FoundSpans::at(int instance, int label, double threshold) const {
  std::vector<FoundSpan> spans;
  if (instance >= output_.count || static_cast<std::size_t>(label) >= labels_) return spans;
  const std::size_t cell = static_cast<std::size_t>(instance) * labels_ + static_cast<std::size_t>(label);
  const auto words = static_cast<std::int32_t>(prepared_.words.size());
  const auto float_threshold = static_cast<float>(threshold);
  for (std::size_t i = first_[cell]; i < first_[cell + 1]; ++i) {
    const Candidate& candidate = output_.candidates[i];
    if (!(candidate.score >= float_threshold) || candidate.row + candidate.width >= words) continue;
    const std::int64_t begin = prepared_.words[static_cast<std::size_t>(candidate.row)].begin_byte;
    const std::int64_t end =
        prepared_.words[static_cast<std::size_t>(candidate.row + candidate.width)].end_byte;
    const std::string_view text =
        py_strip(std::string_view(prepared_.text)
                     .substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin)));
    if (text.empty()) continue;
    spans.push_back({std::string(text), static_cast<double>(candidate.score), begin, end, i});
  }
  return spans;
}

std::vector<FoundSpan> select_spans(std::vector<FoundSpan> spans, const ValueRule& rule,
                                    OverlapPolicy policy) {
  if (!rule.validators.empty()) {
    spans.erase(std::remove_if(spans.begin(), spans.end(),
                               [&rule](const FoundSpan& span) {
                                 return !std::all_of(rule.validators.begin(), rule.validators.end(),
                                                     [&span](const CompiledValidator& validator) {
                                                       return validator.accepts(span.text);
                                                     });
                               }),
                spans.end());
  }
  std::vector<ScoredRange> ranges;
  ranges.reserve(spans.size());
  for (std::size_t i = 0; i < spans.size(); ++i) {
    ranges.push_back({spans[i].confidence, spans[i].begin_byte, spans[i].end_byte, i});
  }
  ranges = policy == OverlapPolicy::kDefault ? select_greedily(std::move(ranges))
                                             : resolve_overlaps(std::move(ranges), policy);
  if (rule.dtype == Dtype::kStr && ranges.size() > 1) ranges.resize(1);
  std::vector<FoundSpan> kept;
  kept.reserve(ranges.size());
  for (const ScoredRange& range : ranges) kept.push_back(std::move(spans[range.index]));
  return kept;
}

Mention mention_of(const FoundSpan& span) {
  return {span.text, span.confidence, span.begin_byte, span.end_byte};
}

std::vector<float> sigmoid(const std::vector<float>& logits) {
  std::vector<float> values(logits.size());
  std::transform(logits.begin(), logits.end(), values.begin(),
                 [](float logit) { return 1.0F / (1.0F + std::exp(-logit)); });
  return values;
}

std::vector<float> softmax(const std::vector<float>& logits) {
  std::vector<float> values(logits.size());
  if (logits.empty()) return values;
  const float largest = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (std::size_t i = 0; i < logits.size(); ++i) sum += values[i] = std::exp(logits[i] - largest);
  for (float& value : values) value = static_cast<float>(value / sum);
  return values;
}

std::size_t argmax(const std::vector<float>& values) {
  return static_cast<std::size_t>(std::max_element(values.begin(), values.end()) - values.begin());
}

}  // namespace gliner
