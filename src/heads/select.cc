#include "heads/select.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/check.h"

namespace gliner {
float least_logit(float threshold) {
  constexpr double kMargin = 0.01;
  constexpr double kSaturated = 15;  // Beyond it the sigmoid is within a few float32 steps of 1.
  if (threshold <= 0) return -std::numeric_limits<float>::infinity();
  if (threshold >= 1) return static_cast<float>(kSaturated - kMargin);
  const double t = threshold;
  return static_cast<float>(std::min(std::log(t / (1 - t)), kSaturated) - kMargin);
}

float sigmoid(float x) { return 1.0F / (1.0F + std::exp(-x)); }

void select_spans(const at::Tensor& logits, const PackedSequence& sequence, const TaskSlot& task,
                  TaskOutput& output) {
  const auto labels = static_cast<std::int64_t>(task.markers.size()) - 1;
  const std::int64_t rows = logits.size(1);
  const std::int64_t widths = logits.size(2);
  GLINER_CHECK(labels > 0 && logits.size(0) % labels == 0 && logits.is_contiguous() &&
               static_cast<std::int64_t>(task.thresholds.size()) == labels &&
               static_cast<std::int64_t>(sequence.rows.size()) == rows && task.choice_rows <= rows);
  const std::int64_t instances = logits.size(0) / labels;
  const float* data = logits.data_ptr<float>();
  const auto logit = [&](std::int64_t instance, std::int64_t label, std::int64_t row, std::int64_t width) {
    return data[((instance * labels + label) * rows + row) * widths + width];
  };

  for (std::int64_t instance = 0; instance < instances; ++instance)
    for (std::int64_t label = 0; label < labels; ++label) {
      const float threshold = task.thresholds[static_cast<std::size_t>(label)];
      if (std::isnan(threshold)) continue;
      const float least = least_logit(threshold);
      for (std::int64_t row = sequence.first_text_row; row < rows; ++row)
        for (std::int64_t width = 0; width < std::min(widths, rows - row); ++width) {
          const float x = logit(instance, label, row, width);
          if (!(x >= least)) continue;
          const float score = sigmoid(x);
          if (!(score >= threshold)) continue;
          output.candidates.push_back({static_cast<std::int32_t>(instance), static_cast<std::int32_t>(label),
                                       static_cast<std::int32_t>(row - sequence.first_text_row),
                                       static_cast<std::int32_t>(width), score});
        }
    }

  for (std::int64_t instance = 0; instance < instances; ++instance)
    for (std::int64_t label = 0; label < labels; ++label)
      for (std::int64_t row = 0; row < task.choice_rows; ++row)
        output.choice_scores.push_back(sigmoid(logit(instance, label, row, 0)));

  for (const Candidate& candidate : output.candidates)
    for (const std::int32_t label : task.attribute_labels)
      output.attribute_logits.push_back(
          logit(candidate.instance, label, candidate.row + sequence.first_text_row, candidate.width));
}

}  // namespace gliner
