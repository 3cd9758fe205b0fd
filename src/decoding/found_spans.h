#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gliner/options.h"
#include "gliner/result.h"
#include "prompt/compiled_prompt.h"
#include "prompt/packed_batch.h"
#include "schema/schema_spec.h"

namespace gliner {

/// A candidate as text: bytes of PreparedText::text.
struct FoundSpan {
  std::string text;  ///< Stripped, as in the reference; the range is not moved.
  double confidence;
  std::int64_t begin_byte;
  std::int64_t end_byte;
  std::size_t candidate;  ///< Index into TaskOutput::candidates.
};

/// The candidates of one task, by instance and label.
class FoundSpans {
 public:
  /// Keeps references to both; they must outlive it.
  FoundSpans(const PreparedText& prepared, const TaskOutput& output, std::size_t labels);

  /// Spans of one label with a float32 score >= threshold, by (begin, width) (runtime.py, _find_spans).
  std::vector<FoundSpan> at(int instance, int label, double threshold) const;

 private:
  const PreparedText& prepared_;
  const TaskOutput& output_;
  std::size_t labels_;
  std::vector<std::size_t> first_;  // first candidate of each (instance, label) cell, and the end
};

/// Validators first, then overlaps, then at most one for Dtype::kStr; best first.
std::vector<FoundSpan> select_spans(std::vector<FoundSpan> spans, const ValueRule& rule,
                                    OverlapPolicy policy);

Mention mention_of(const FoundSpan& span);

/// Elementwise logistic function in float32.
std::vector<float> sigmoid(const std::vector<float>& logits);
/// Softmax over all values in float32, shifted by the maximum.
std::vector<float> softmax(const std::vector<float>& logits);
/// Index of the first largest value.
std::size_t argmax(const std::vector<float>& values);

}  // namespace gliner
