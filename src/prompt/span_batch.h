#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "config/gliner1_config.h"
#include "prompt/packed_batch.h"

namespace gliner {

/// Vectors of labels that were encoded apart from any text.
struct LabelMatrix {
  std::int64_t size = 0;      ///< H
  std::vector<float> values;  ///< [labels, H]
  std::int64_t rows() const { return size == 0 ? 0 : static_cast<std::int64_t>(values.size()) / size; }
};

/// One text of a GLiNER v1 batch.
struct SpanSequence {
  std::int32_t token_begin = 0;  ///< Its tokens are [token_begin, token_end) of the batch.
  std::int32_t token_end = 0;
  std::int32_t encoded_tokens = 0;  ///< The encoder reads the first so many; the others' states are zero.
  /// W words as ranges of packed tokens. A word without tokens is the empty range at token_end: its vector is
  /// zero.
  std::vector<TokenRange> words;
  /// Packed tokens whose states are the label vectors, in the prompt's order. There may be more than
  /// `classes`, where a label's text itself contains the marker, or fewer, where the prompt was cut.
  /// Bi-encoder: empty, see `label_matrix`.
  std::vector<std::int32_t> labels;
  std::shared_ptr<const LabelMatrix> label_matrix;
  std::int32_t prompt_tokens = 0;       ///< Streaming: tokens up to the separator, which are read once more.
  std::int32_t classes = 0;             ///< The first so many labels can be found.
  std::vector<std::int32_t> relations;  ///< Packed tokens whose states are the relation vectors.
  std::int32_t relation_classes = 0;
  std::vector<double> thresholds;           ///< Per class: a span is a candidate when its score > threshold.
  std::vector<double> relation_thresholds;  ///< Per relation class, likewise.
  /// What the label decoder reads: its own tokens of prompt and text, with the 1-based number of the text's
  /// word that each belongs to, 0 for the prompt.
  std::vector<std::int32_t> decoder_ids;
  std::vector<std::int32_t> decoder_words;
};

struct SpanOutput;

/// How labels are generated.
struct GenerationRequest {
  std::vector<std::vector<std::int32_t>> constraints;  ///< Token sequences, ends included; empty: anything.
  std::int64_t sequences = 1;                          ///< Per span; above 1: as many beams.
  std::int64_t max_new_tokens = 15;
  bool sample = false;
  double temperature = 0.01;
  std::uint64_t seed = 0;
  std::int32_t end_id = 0;  ///< The decoder's end of text.
  std::int32_t pad_id = 0;
  /// Span mode: given the candidates of one sequence of the batch, the spans that get labels, by
  /// SpanCandidate::index in rising order. Called on the thread that runs the batch. Empty: all spans above
  /// the threshold, as in the reference, which throws away the labels of those that others displace.
  std::function<std::vector<std::int32_t>(std::size_t sequence, const SpanOutput& found)> wanted;
};

/// The concatenation of B texts for GLiNER v1: T tokens, no padding, no mask.
struct SpanBatch {
  std::vector<std::int32_t> ids;  ///< T
  std::vector<SpanSequence> sequences;
  std::int32_t pad_id = 0;           ///< What the reference pads texts with; seen where layers are fused.
  double threshold = 0.5;            ///< Spans above it become nodes of relations and get generated labels.
  double adjacency_threshold = 0.5;  ///< Pairs above it are scored as relations.
  bool class_scores = false;         ///< Fill SpanOutput::class_scores.
  bool vectors = false;              ///< Fill the candidates' vectors, and those of relations.
  bool label_vectors = false;        ///< Fill the label vectors.
  GenerationRequest generation;
};

/// A scored span of words, [first, last].
struct SpanCandidate {
  std::int32_t label;
  std::int32_t first;
  std::int32_t last;
  float score;
  std::int32_t index;  ///< Of the span among those the model scored; -1 where it scores words.
};

/// A scored pair of spans.
struct RelationCandidate {
  std::int32_t head_first, head_last;
  std::int32_t tail_first, tail_last;
  std::int32_t label;
  float score;
  std::int32_t pair;  ///< Row of the pair vectors.
};

/// What was found in one text. Candidates stand in the reference's order, which decides between equal scores.
struct SpanOutput {
  std::vector<SpanCandidate> candidates;
  std::vector<float> class_scores;   ///< [candidates, classes]
  std::int64_t vector_size = 0;      ///< H
  std::vector<float> vectors;        ///< [candidates, H]
  std::vector<float> label_vectors;  ///< [labels, H]

  std::vector<RelationCandidate> relations;
  std::vector<float> pair_vectors;                ///< [pairs, H]; models that score pairs as one vector
  std::vector<float> head_vectors, tail_vectors;  ///< [pairs, H]; models that score triples
  std::vector<float> relation_label_vectors;      ///< [relations, H]

  /// Generated label sequences, by SpanCandidate::index (span mode) or by class (prompt mode).
  struct Generated {
    std::int32_t key;
    std::vector<std::vector<std::int32_t>> sequences;
  };
  std::vector<Generated> generated;
};

}  // namespace gliner
