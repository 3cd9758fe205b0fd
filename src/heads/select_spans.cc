#include "heads/select_spans.h"

#include <algorithm>

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
  float start(std::int64_t word, std::int64_t label) const { return at(word, label, 0); }
  float end(std::int64_t word, std::int64_t label) const { return at(word, label, 1); }
  float inside(std::int64_t word, std::int64_t label) const { return at(word, label, 2); }

 private:
  float at(std::int64_t word, std::int64_t label, std::int64_t kind) const {
    return scores_[static_cast<std::size_t>((word * classes_ + label) * 3 + kind)];
  }

  std::int64_t classes_, words_;
  std::vector<float> scores_;
};

/// Calls `found(first, last, class, lowest inside score)` for each start and end above the class's threshold
/// between which `is_inside(score, class)` holds for every word; by first word, class, last word.
template <typename Inside, typename Found>
void each_predicted(const WordScores& scores, std::int64_t classes, const std::vector<float>& thresholds,
                    const Inside& is_inside, const Found& found) {
  for (std::int64_t first = 0; first < scores.words(); ++first)
    for (std::int64_t label = 0; label < classes; ++label) {
      const float threshold = thresholds[static_cast<std::size_t>(label)];
      if (!(scores.start(first, label) > threshold)) continue;
      float lowest = 1;
      for (std::int64_t last = first; last < scores.words(); ++last) {
        const float inside = scores.inside(last, label);
        if (!is_inside(inside, label)) break;
        lowest = std::min(lowest, inside);
        if (scores.end(last, label) > threshold) found(first, last, label, lowest);
      }
    }
}

SpanCandidate candidate_of(std::int64_t label, std::int64_t first, std::int64_t last, float score,
                           std::int64_t index) {
  return {static_cast<std::int32_t>(label), static_cast<std::int32_t>(first), static_cast<std::int32_t>(last),
          score, static_cast<std::int32_t>(index)};
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

void select_word_spans(const at::Tensor& logits, const SpanSequence& sequence, SpanOutput& output) {
  const std::int64_t classes = classes_of(sequence, logits.size(1));
  const WordScores scores(logits);
  const std::vector<float> thresholds(sequence.thresholds.begin(), sequence.thresholds.end());
  each_predicted(
      scores, classes, thresholds,
      [&](float inside, std::int64_t label) {
        return static_cast<double>(inside) >= sequence.thresholds[static_cast<std::size_t>(label)];
      },
      [&](std::int64_t first, std::int64_t last, std::int64_t label, float lowest) {
        const float score = std::min({lowest, scores.start(first, label), scores.end(last, label)});
        output.candidates.push_back(candidate_of(label, first, last, score, -1));
      });
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
