#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "models/gliner1_modules.h"
#include "models/shared_labels.h"

namespace gliner {

/// One forward pass of a GLiNER v1 model: what the steps leave for each other. Lives for one call.
class Gliner1Run {
 public:
  Gliner1Run(const Gliner1Config& config, const Gliner1Modules& modules, SharedLabels& shared_labels,
             const SpanBatch& batch, const TraceSink& trace);

  /// All steps: encode, pool, score, select.
  std::vector<SpanOutput> outputs();

 private:
  void encode();
  at::Tensor encode_tokens() const;
  void gather_labels(const at::Tensor& tokens);
  void gather_label_matrices();
  at::Tensor read_prompts(const at::Tensor& tokens) const;
  void score_spans();
  void score_words();
  void score_predicted_spans(const std::vector<at::Tensor>& word_logits);
  void relate();
  void relate(std::size_t sequence, const std::vector<SpanCandidate>& entities);
  void add_vectors();

  /// A span or label that gets generated labels, and what the decoder reads of it.
  struct Named {
    std::size_t sequence;
    std::int32_t key;  // SpanOutput::Generated::key
    LabelPrefix prefix;
  };
  std::vector<SpanCandidate> spans_to_name(std::size_t sequence) const;
  void generate_for_spans();
  void generate_for_labels();
  void generate(const std::vector<Named>& named, const at::Tensor& vectors,
                const std::vector<std::int32_t>& tokens, std::int64_t longest);
  /// Numbers of the words whose tokens a span's prefix holds, [first, last].
  struct WordNumbers {
    std::int64_t first, last;
  };
  WordNumbers prefix_words(const SpanCandidate& span) const;
  std::vector<std::int32_t> decoder_tokens(std::size_t sequence, const WordNumbers& words) const;
  std::int64_t empty_slot_tokens() const;

  /// The labels' vectors of one sequence: [P, H].
  at::Tensor labels_of(std::size_t sequence) const {
    return labels_.narrow(0, label_rows_[sequence].begin, label_rows_[sequence].size());
  }
  /// The vectors of spans of one sequence: [S, H].
  at::Tensor span_vectors(std::size_t sequence, const std::vector<SpanCandidate>& spans) const;

  /// A streaming model masks the padding that others let take part.
  SpanWords span_words() const { return {span_input_, word_start_, config_.streaming ? 0 : padded_words_}; }
  std::size_t size() const { return batch_.sequences.size(); }
  /// "sequence.I.NAME"
  void emit(std::size_t sequence, const char* name, const at::Tensor& value) const;
  void emit(const std::string& name, const at::Tensor& value) const;

  const Gliner1Config& config_;
  const Gliner1Modules& modules_;
  SharedLabels& shared_labels_;
  const SpanBatch& batch_;
  const TraceSink& trace_;
  std::vector<SpanOutput> outputs_;
  at::Tensor words_;                  // [W, H] words of all sequences
  at::Tensor span_input_;             // [W, H] the same as the span layer sees them
  SequenceStart word_start_;          // [B + 1]
  std::int64_t padded_words_ = 0;     // Of the longest sequence
  at::Tensor labels_;                 // [P, H] label vectors, projected once they are prepared
  std::vector<RowRange> label_rows_;  // Per sequence
  SpanQueries queries_;               // The labels as the span layer wants them
  at::Tensor tokens_;                 // [T, H]; relation models
  std::vector<std::vector<SpanCandidate>> selected_;   // Per sequence: entities of relations, spans to name
  std::vector<std::vector<SpanCandidate>> predicted_;  // Token models: what selected_ was chosen from
};

}  // namespace gliner
