#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "heads/relation_scorer.h"
#include "prompt/span_batch.h"

namespace gliner {

// From logits to GLiNER v1's candidates, in the order in which the reference finds them: its sorts are
// stable, so the order decides between equal scores. All logits are contiguous, float32 and on the CPU.
// Scores are compared in float32 unless said otherwise, as the reference's tensors are.

/// Spans of at most K words whose score is above their class's threshold, by (first word, width, class)
/// (gliner/decoding/decoder.py, _decode_batch). logits: [P, W, K]. Their index counts spans by (first word,
/// width). `class_scores`: fill SpanOutput::class_scores.
void select_wide_spans(const at::Tensor& logits, const SpanSequence& sequence, bool class_scores,
                       SpanOutput& output);

/// The logit of one span for one class.
struct SpanLogit {
  std::int32_t first;  ///< Word
  std::int32_t width;  ///< 0 is one word.
  std::int32_t label;
  float value;
};

/// The same from these logits alone, in any order: all that are at least their class's least_logit; others
/// may be among them. `max_width`: K.
void select_wide_spans(std::vector<SpanLogit> logits, std::int64_t max_width, const SpanSequence& sequence,
                       SpanOutput& output);

/// Spans between a start and an end of one class with all words inside it; the score is the smallest of all,
/// and a word is inside when its score >= threshold (TokenDecoder._calculate_span_score). logits: [W, P, 3].
void select_word_spans(const at::Tensor& logits, const SpanSequence& sequence, SpanOutput& output);

/// The logits of one word for one class.
struct WordLogits {
  std::int32_t word;
  std::int32_t label;
  float start, end, inside;
};

/// The same from these words and classes alone, in any order: all whose inside logit is at least their
/// class's least_logit, because no other word is inside a span; others may be among them.
void select_word_spans(const std::vector<WordLogits>& logits, const SpanSequence& sequence,
                       SpanOutput& output);

/// The spans of any class that a token model looks at a second time, one for each class that predicts them
/// (gliner/modeling/utils.py, extract_spans_from_tokens): words are inside when their score > threshold.
/// logits: [W, P, 3]. Scores are not filled; the index counts.
std::vector<SpanCandidate> predict_spans(const at::Tensor& logits, double threshold);

/// The same from the words and classes whose inside logit is at least least_logit of the threshold, and
/// perhaps others.
std::vector<SpanCandidate> predict_spans(std::vector<WordLogits> logits, double threshold);

/// Pairs of a predicted span and a class whose score, as a double, is above the class's threshold
/// (TokenDecoder._decode_from_spans). logits: [S, P].
void select_scored_spans(const at::Tensor& logits, const std::vector<SpanCandidate>& spans,
                         const SpanSequence& sequence, SpanOutput& output);

/// Spans of at most K words whose best score over all labels is above the threshold, by (first word, width):
/// the entities that a relation model relates and that a label decoder names. logits: [P, W, K].
std::vector<SpanCandidate> select_any_label(const at::Tensor& logits, double threshold);

/// The same from the logits that are at least least_logit of the threshold, and perhaps others.
std::vector<SpanCandidate> select_any_label(std::vector<SpanLogit> logits, std::int64_t max_width,
                                            double threshold);

/// Those of `spans` whose best score over all labels is above one half, whatever the threshold: the spans
/// that the reference's token models let their decoder name. logits: [S, P].
std::vector<SpanCandidate> likely_spans(const at::Tensor& logits, const std::vector<SpanCandidate>& spans);

/// Pairs and relations whose score, as a double, is above the relation's threshold, by pair, then relation
/// (SpanRelexDecoder._decode_relations). logits: [pairs, R].
void select_relations(const at::Tensor& logits, const std::vector<SpanCandidate>& entities,
                      const std::vector<EntityPair>& pairs, const SpanSequence& sequence, SpanOutput& output);

}  // namespace gliner
