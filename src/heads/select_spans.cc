#include "heads/select_spans.h"

#include <algorithm>
#include <iterator>
#include <tuple>
#include <utility>

#include "base/check.h"
#include "heads/select.h"

namespace gliner {
namespace {

/// Classes that can be found among the columns of the logits.
std::int64_t classes_of(const SpanSequence& sequence, std::int64_t columns) {
  const std::int64_t classes = std::min<std::int64_t>(sequence.classes, columns);
  GLINER_CHECK(static_cast<std::int64_t>(sequence.thresholds.size()) >= classes);
  return classes;
}

/// What a model says of one word for one class.
struct WordScore {
  float start, end, inside;
};

/// Start, end and inside scores of every word and class.
class WordScores {
 public:
  explicit WordScores(const at::Tensor& logits) : classes_(logits.size(1)), words_(logits.size(0)) {
    GLINER_CHECK(logits.dim() == 3 && logits.size(2) == 3 && logits.is_contiguous());
    const float* data = logits.data_ptr<float>();
    scores_.reserve(static_cast<std::size_t>(logits.numel()));
    for (std::int64_t i = 0; i < logits.numel(); ++i) scores_.push_back(sigmoid(data[i]));
  }

  std::int64_t words() const { return words_; }
  std::int64_t classes() const { return classes_; }
  WordScore at(std::int64_t word, std::int64_t label) const {
    const float* const own = scores_.data() + (word * classes_ + label) * 3;
    return {own[0], own[1], own[2]};
  }

 private:
  std::int64_t classes_, words_;
  std::vector<float> scores_;
};

/// Calls `found(last, lowest inside score)` for each word before `end` at which a span that begins with the
/// word `first` may end, if one may: its start and its end are above the threshold and `is_inside(score)`
/// holds for all of its words. `at(word)`: the WordScore.
template <typename At, typename Inside, typename Found>
void each_last_word(std::int64_t first, std::int64_t end, float threshold, const At& at,
                    const Inside& is_inside, const Found& found) {
  if (!(at(first).start > threshold)) return;
  float lowest = 1;
  for (std::int64_t last = first; last < end; ++last) {
    const WordScore score = at(last);
    if (!is_inside(score.inside)) break;
    lowest = std::min(lowest, score.inside);
    if (score.end > threshold) found(last, lowest);
  }
}

/// Calls `found(first, last, class, lowest inside score)` for each span that the words predict, by first
/// word, class, last word. `is_inside(score, class)`.
template <typename Inside, typename Found>
void each_predicted(const WordScores& scores, std::int64_t classes, const std::vector<float>& thresholds,
                    const Inside& is_inside, const Found& found) {
  for (std::int64_t first = 0; first < scores.words(); ++first)
    for (std::int64_t label = 0; label < classes; ++label)
      each_last_word(
          first, scores.words(), thresholds[static_cast<std::size_t>(label)],
          [&](std::int64_t word) { return scores.at(word, label); },
          [&](float inside) { return is_inside(inside, label); },
          [&](std::int64_t last, float lowest) { found(first, last, label, lowest); });
}

/// A word is inside a span of the result when its score, as a double, reaches the threshold.
bool is_inside_result(float score, std::int64_t label, const SpanSequence& sequence) {
  return static_cast<double>(score) >= sequence.thresholds[static_cast<std::size_t>(label)];
}

SpanCandidate candidate_of(std::int64_t label, std::int64_t first, std::int64_t last, float score,
                           std::int64_t index) {
  return {static_cast<std::int32_t>(label), static_cast<std::int32_t>(first), static_cast<std::int32_t>(last),
          score, static_cast<std::int32_t>(index)};
}

/// The spans that these words predict, in any order, as each_predicted finds them. `threshold_of(class)`;
/// `is_inside(score, class)` is false for every word that is missing.
template <typename Threshold, typename Inside>
std::vector<SpanCandidate> predicted_by(std::vector<WordLogits> logits, const Threshold& threshold_of,
                                        const Inside& is_inside) {
  std::sort(logits.begin(), logits.end(), [](const WordLogits& a, const WordLogits& b) {
    return std::tie(a.label, a.word) < std::tie(b.label, b.word);
  });
  std::vector<WordScore> scores;
  for (const WordLogits& one : logits)
    scores.push_back({sigmoid(one.start), sigmoid(one.end), sigmoid(one.inside)});
  const auto at = [&scores](std::int64_t i) { return scores[static_cast<std::size_t>(i)]; };
  std::vector<SpanCandidate> found;
  const auto count = static_cast<std::int64_t>(logits.size());
  for (std::int64_t begin = 0, end = 0; begin < count; begin = end) {
    // Words of one class side by side.
    const WordLogits& head = logits[static_cast<std::size_t>(begin)];
    for (end = begin + 1; end < count; ++end) {
      const WordLogits& next = logits[static_cast<std::size_t>(end)];
      if (next.label != head.label || next.word - head.word != end - begin) break;
    }
    for (std::int64_t first = begin; first < end; ++first)
      each_last_word(
          first, end, threshold_of(head.label), at,
          [&](float inside) { return is_inside(inside, head.label); },
          [&](std::int64_t last, float lowest) {
            const float score = std::min({lowest, at(first).start, at(last).end});
            found.push_back(
                candidate_of(head.label, head.word + (first - begin), head.word + (last - begin), score, -1));
          });
  }
  std::sort(found.begin(), found.end(), [](const SpanCandidate& a, const SpanCandidate& b) {
    return std::tie(a.first, a.label, a.last) < std::tie(b.first, b.label, b.last);
  });
  return found;
}

}  // namespace

void select_wide_spans(const at::Tensor& logits, const SpanSequence& sequence, bool class_scores,
                       SpanOutput& output) {
  const std::int64_t words = logits.size(1);
  const std::int64_t widths = logits.size(2);
  const std::int64_t classes = classes_of(sequence, logits.size(0));
  GLINER_CHECK(static_cast<std::int64_t>(sequence.words.size()) == words);
  const float* data = logits.data_ptr<float>();
  const std::int64_t by_label = logits.stride(0), by_word = logits.stride(1), by_width = logits.stride(2);
  std::vector<float> thresholds(sequence.thresholds.begin(), sequence.thresholds.end());
  std::vector<float> least;
  for (const float threshold : thresholds) least.push_back(least_logit(threshold));

  for (std::int64_t first = 0; first < words; ++first)
    for (std::int64_t width = 0; width < std::min(widths, words - first); ++width) {
      const float* const span = data + first * by_word + width * by_width;
      for (std::int64_t label = 0; label < classes; ++label) {
        const float x = span[label * by_label];
        if (!(x >= least[static_cast<std::size_t>(label)])) continue;
        const float score = sigmoid(x);
        if (!(score > thresholds[static_cast<std::size_t>(label)])) continue;
        output.candidates.push_back(candidate_of(label, first, first + width, score, first * widths + width));
      }
    }
  if (!class_scores) return;
  for (const SpanCandidate& candidate : output.candidates) {
    const float* const span =
        data + candidate.first * by_word + (candidate.last - candidate.first) * by_width;
    for (std::int64_t label = 0; label < classes; ++label)
      output.class_scores.push_back(sigmoid(span[label * by_label]));
  }
}

void select_wide_spans(std::vector<SpanLogit> logits, std::int64_t max_width, const SpanSequence& sequence,
                       SpanOutput& output) {
  std::sort(logits.begin(), logits.end(), [](const SpanLogit& a, const SpanLogit& b) {
    return std::tie(a.first, a.width, a.label) < std::tie(b.first, b.width, b.label);
  });
  for (const SpanLogit& logit : logits) {
    if (logit.label >= sequence.classes) continue;
    const float score = sigmoid(logit.value);
    const auto threshold = static_cast<float>(sequence.thresholds.at(static_cast<std::size_t>(logit.label)));
    if (!(score > threshold)) continue;
    output.candidates.push_back(candidate_of(logit.label, logit.first, logit.first + logit.width, score,
                                             logit.first * max_width + logit.width));
  }
}

void select_word_spans(const at::Tensor& logits, const SpanSequence& sequence, SpanOutput& output) {
  const std::int64_t classes = classes_of(sequence, logits.size(1));
  const WordScores scores(logits);
  const std::vector<float> thresholds(sequence.thresholds.begin(), sequence.thresholds.end());
  each_predicted(
      scores, classes, thresholds,
      [&](float inside, std::int64_t label) { return is_inside_result(inside, label, sequence); },
      [&](std::int64_t first, std::int64_t last, std::int64_t label, float lowest) {
        const float score = std::min({lowest, scores.at(first, label).start, scores.at(last, label).end});
        output.candidates.push_back(candidate_of(label, first, last, score, -1));
      });
}

void select_word_spans(const std::vector<WordLogits>& logits, const SpanSequence& sequence,
                       SpanOutput& output) {
  std::vector<WordLogits> own;
  std::copy_if(logits.begin(), logits.end(), std::back_inserter(own),
               [&](const WordLogits& one) { return one.label < sequence.classes; });
  const std::vector<float> thresholds(sequence.thresholds.begin(), sequence.thresholds.end());
  const std::vector<SpanCandidate> found = predicted_by(
      std::move(own), [&](std::int64_t label) { return thresholds.at(static_cast<std::size_t>(label)); },
      [&](float inside, std::int64_t label) { return is_inside_result(inside, label, sequence); });
  output.candidates.insert(output.candidates.end(), found.begin(), found.end());
}

std::vector<SpanCandidate> predict_spans(const at::Tensor& logits, double threshold) {
  const WordScores scores(logits);
  const auto limit = static_cast<float>(threshold);
  const std::vector<float> thresholds(static_cast<std::size_t>(scores.classes()), limit);
  std::vector<SpanCandidate> spans;
  each_predicted(
      scores, scores.classes(), thresholds, [limit](float inside, std::int64_t) { return inside > limit; },
      [&spans](std::int64_t first, std::int64_t last, std::int64_t label, float) {
        spans.push_back(candidate_of(label, first, last, 0, static_cast<std::int64_t>(spans.size())));
      });
  return spans;
}

std::vector<SpanCandidate> predict_spans(std::vector<WordLogits> logits, double threshold) {
  const auto limit = static_cast<float>(threshold);
  std::vector<SpanCandidate> spans = predicted_by(
      std::move(logits), [limit](std::int64_t) { return limit; },
      [limit](float inside, std::int64_t) { return inside > limit; });
  for (std::size_t i = 0; i < spans.size(); ++i) {
    spans[i].score = 0;
    spans[i].index = static_cast<std::int32_t>(i);
  }
  return spans;
}

void select_scored_spans(const at::Tensor& logits, const std::vector<SpanCandidate>& spans,
                         const SpanSequence& sequence, SpanOutput& output) {
  const std::int64_t columns = logits.size(1);
  const std::int64_t classes = classes_of(sequence, columns);
  GLINER_CHECK(logits.is_contiguous() && logits.size(0) == static_cast<std::int64_t>(spans.size()));
  const float* data = logits.data_ptr<float>();
  for (std::size_t s = 0; s < spans.size(); ++s)
    for (std::int64_t label = 0; label < classes; ++label) {
      const float score = sigmoid(data[static_cast<std::int64_t>(s) * columns + label]);
      if (!(static_cast<double>(score) > sequence.thresholds[static_cast<std::size_t>(label)])) continue;
      output.candidates.push_back(candidate_of(label, spans[s].first, spans[s].last, score, spans[s].index));
    }
}

std::vector<SpanCandidate> select_any_label(const at::Tensor& logits, double threshold) {
  const std::int64_t labels = logits.size(0);
  const std::int64_t words = logits.size(1);
  const std::int64_t widths = logits.size(2);
  const auto at = logits.accessor<float, 3>();
  const auto limit = static_cast<float>(threshold);
  std::vector<SpanCandidate> spans;
  for (std::int64_t first = 0; labels > 0 && first < words; ++first)
    for (std::int64_t width = 0; width < std::min(widths, words - first); ++width) {
      float best = at[0][first][width];
      for (std::int64_t label = 1; label < labels; ++label) best = std::max(best, at[label][first][width]);
      const float score = sigmoid(best);
      if (score > limit)
        spans.push_back(candidate_of(-1, first, first + width, score, first * widths + width));
    }
  return spans;
}

std::vector<SpanCandidate> select_any_label(std::vector<SpanLogit> logits, std::int64_t max_width,
                                            double threshold) {
  std::sort(logits.begin(), logits.end(), [](const SpanLogit& a, const SpanLogit& b) {
    return std::tie(a.first, a.width, b.value) < std::tie(b.first, b.width, a.value);  // The best one first.
  });
  const auto limit = static_cast<float>(threshold);
  std::vector<SpanCandidate> spans;
  const SpanLogit* before = nullptr;
  for (const SpanLogit& logit : logits) {
    const bool is_known = before != nullptr && before->first == logit.first && before->width == logit.width;
    before = &logit;
    const float score = sigmoid(logit.value);
    if (is_known || !(score > limit)) continue;
    spans.push_back(candidate_of(-1, logit.first, logit.first + logit.width, score,
                                 logit.first * max_width + logit.width));
  }
  return spans;
}

std::vector<SpanCandidate> likely_spans(const at::Tensor& logits, const std::vector<SpanCandidate>& spans) {
  const std::int64_t labels = logits.size(1);
  GLINER_CHECK(logits.is_contiguous() && logits.size(0) == static_cast<std::int64_t>(spans.size()));
  const float* data = logits.data_ptr<float>();
  std::vector<SpanCandidate> likely;
  for (std::size_t s = 0; s < spans.size(); ++s) {
    const float* row = data + static_cast<std::int64_t>(s) * labels;
    if (labels > 0 && sigmoid(*std::max_element(row, row + labels)) > 0.5F) likely.push_back(spans[s]);
  }
  return likely;
}

void select_relations(const at::Tensor& logits, const std::vector<SpanCandidate>& entities,
                      const std::vector<EntityPair>& pairs, const SpanSequence& sequence,
                      SpanOutput& output) {
  const std::int64_t columns = logits.size(1);
  const std::int64_t relations = std::min<std::int64_t>(sequence.relation_classes, columns);
  GLINER_CHECK(logits.is_contiguous() && logits.size(0) == static_cast<std::int64_t>(pairs.size()));
  const float* data = logits.data_ptr<float>();
  for (std::size_t p = 0; p < pairs.size(); ++p) {
    const SpanCandidate& head = entities[static_cast<std::size_t>(pairs[p].head)];
    const SpanCandidate& tail = entities[static_cast<std::size_t>(pairs[p].tail)];
    for (std::int64_t r = 0; r < relations; ++r) {
      const float score = sigmoid(data[static_cast<std::int64_t>(p) * columns + r]);
      if (!(static_cast<double>(score) > sequence.relation_thresholds[static_cast<std::size_t>(r)])) continue;
      output.relations.push_back({head.first, head.last, tail.first, tail.last, static_cast<std::int32_t>(r),
                                  score, static_cast<std::int32_t>(p)});
    }
  }
}

}  // namespace gliner
