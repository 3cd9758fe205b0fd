#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/gliner1_config.h"
#include "gliner/extractor.h"
#include "gliner/options.h"
#include "models/model.h"
#include "prompt/span_batch.h"

namespace gliner {

/// A growing text that a streaming model reads. One thread at a time; the model must outlive it.
class SpanStream {
 public:
  virtual ~SpanStream() = default;

  /// Begins anew with the batch's only sequence, prompt included. Throws InputError when it is too long; the
  /// stream is then as it was.
  virtual SpanOutput restart(const SpanBatch& batch) = 0;
  /// Goes on with more of the text, without a prompt. The candidates are those of the whole text.
  virtual SpanOutput extend(const SpanBatch& batch) = 0;
};

/// A loaded GLiNER v1 model: token ids in, scored spans out. Immutable; any method may be called from any
/// number of threads at once. This header knows no torch.
class SpanModel {
 public:
  virtual ~SpanModel() = default;

  /// Runs one batch. Trace names are those of the reference's recorded tensors, with "sequence.I." in front
  /// of what belongs to one text: "encoder_last_hidden_state" [T, H], "sequence.I.words_embedding" [W, H],
  /// "sequence.I.prompts_embedding" [P, H], "sequence.I.logits" [W, K, P] or [W, P, 3].
  virtual std::vector<SpanOutput> run(const SpanBatch& batch, const TraceSink& trace = {}) const = 0;

  /// Encodes labels given as token ids, each on its own (bi-encoders only). An empty list gives no rows.
  virtual LabelMatrix encode_labels(const std::vector<std::vector<std::int32_t>>& labels) const = 0;

  /// Streaming models only; else throws InputError.
  virtual std::unique_ptr<SpanStream> open_stream() const = 0;

  /// Longest sequence in tokens that the text encoder has positions for; 0: no limit.
  virtual std::int64_t max_sequence_tokens() const = 0;
  /// The same of the label encoder.
  virtual std::int64_t max_label_tokens() const = 0;

  /// Filled except for the tokenizer's fields.
  virtual const ModelReport& report() const = 0;
};

/// `len(tokenizer)` of each tokenizer of the checkpoint, 0 for one that is not there: ids below it are
/// accepted by the encoder that reads it, even where its table is shorter.
struct TokenizerSizes {
  std::int64_t text = 0;
  std::int64_t labels = 0;
  std::int64_t decoder = 0;
};

/// Loads the model that `config` describes. `encoder`: the text encoder's configuration. Throws ModelError.
std::unique_ptr<const SpanModel> load_gliner1(const std::string& weights, const Gliner1Config& config,
                                              const EncoderConfig& encoder, const TokenizerSizes& sizes,
                                              const LoadOptions& options);

}  // namespace gliner
