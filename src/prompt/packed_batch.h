#pragma once

#include <cstdint>
#include <vector>

#include "config/gliner2_config.h"

namespace gliner {

/// A scored row: a word of the choice prefix or of the text, as a half-open range of packed tokens. With
/// first-token pooling a word without sub-tokens is an empty range whose `begin` is the token that follows;
/// if that lies behind the sequence its vector is zero. With mean and max pooling such words have no row at
/// all.
struct TokenRange {
  std::int32_t begin;
  std::int32_t end;
};

enum class TaskKind { kStructure, kEntities, kRelation, kClassification };

/// What the heads do for one task of one sequence.
struct TaskSlot {
  TaskKind kind = TaskKind::kEntities;
  /// Packed token rows of [P] and of each label marker behind it. Empty: the task is skipped.
  std::vector<std::int32_t> markers;
  /// Per label (markers.size() - 1): a span is a candidate when float32 score >= threshold. NaN: never.
  std::vector<float> thresholds;
  /// Rows [0, choice_rows) of the sequence hold declared choices; their scores at width 0 are wanted.
  std::int32_t choice_rows = 0;
  /// Labels (0-based) whose logits are wanted for every candidate.
  std::vector<std::int32_t> attribute_labels;
};

/// One text in a batch.
struct PackedSequence {
  std::int32_t token_begin = 0;  ///< Its tokens are [token_begin, token_end) of the batch.
  std::int32_t token_end = 0;
  std::vector<TokenRange> rows;     ///< R rows: choice prefix, then words.
  std::int32_t first_text_row = 0;  ///< Candidates start at this row or later.
  std::vector<TaskSlot> tasks;
};

/// The concatenation of B sequences: T tokens, no padding, no mask.
struct PackedBatch {
  std::vector<std::int32_t> ids;  ///< T
  std::vector<PackedSequence> sequences;
  TokenPooling pooling = TokenPooling::kFirst;
};

/// A span that reached its label's threshold.
struct Candidate {
  std::int32_t instance;  ///< In [0, count).
  std::int32_t label;     ///< 0-based among the task's labels.
  std::int32_t row;       ///< First row of the span, counted from first_text_row.
  std::int32_t width;     ///< 0 is one row: the span is [row, row + width], always inside the sequence.
  float score;            ///< Sigmoid of the logit, float32.
};

/// What the heads found for one TaskSlot.
struct TaskOutput {
  std::int32_t count = 0;  ///< Predicted instances; 0: the task is empty. Classification: unused.
  std::vector<Candidate>
      candidates;                    ///< Ordered by (instance, label, row, width). Entities: instance 0 only.
  std::vector<float> choice_scores;  ///< [count, labels, choice_rows], sigmoid.
  std::vector<float> attribute_logits;  ///< [candidates, attribute_labels]
  std::vector<float> class_logits;      ///< [labels]
};

struct SequenceOutput {
  std::vector<TaskOutput> tasks;  ///< One per TaskSlot.
};

}  // namespace gliner
