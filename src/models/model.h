#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "gliner/extractor.h"
#include "gliner/options.h"
#include "prompt/packed_batch.h"

namespace gliner {

/// Adds what other passes or another card did; the first failure's reason stays.
inline void add_to(CudaGraphReport& sum, const CudaGraphReport& own) {
  sum.replayed += own.replayed;
  sum.launched += own.launched;
  sum.captured += own.captured;
  sum.failures += own.failures;
  if (sum.failure.empty()) sum.failure = own.failure;
}

/// Receives named intermediate values; tests compare them with the reference's. Values are float32,
/// row-major. Names: "last_hidden_state" [T, H]; per sequence i "sequence.I.word_embeddings" [R, H]; per task
/// j "sequence.I.task.J.embeddings" [1 + labels, H], ".count_logits" [20], ".span_logits" [C, labels, R, K]
/// with -inf where a span runs past the end, ".class_logits" [labels].
using TraceSink =
    std::function<void(const std::string& name, const std::vector<std::int64_t>& shape, const float* data)>;

/// A loaded family: token ids in, candidates and logits out. Immutable; `run` may be called from any number
/// of threads at once. This header knows no torch, so that the engine and the API do not either.
class Model {
 public:
  virtual ~Model() = default;

  /// Runs one packed batch in one dynamic graph on the model's device. `trace` may be empty; a trace forces
  /// dense span logits.
  virtual std::vector<SequenceOutput> run(const PackedBatch& batch, const TraceSink& trace = {}) const = 0;

  /// Longest sequence in tokens that the encoder has positions for; 0: no limit. Longer ones must not be run.
  virtual std::int64_t max_sequence_tokens() const = 0;

  /// Filled except for the tokenizer's fields.
  virtual const ModelReport& report() const = 0;

  virtual CudaGraphReport cuda_graph_report() const { return {}; }
};

/// Loads the GLiNER2 span model. `tokenizer_size` is `len(tokenizer)` after the markers were added: the word
/// embedding is reconciled with it as the reference does (gliner2/models/loading.py,
/// reconcile_encoder_embeddings: the larger wins). Of `options` the device, the threads and the dtype are
/// read. Throws ModelError, and InputError for what this machine or build cannot do.
std::unique_ptr<Model> load_gliner2_span(const ModelFiles& files, std::int64_t tokenizer_size,
                                         const LoadOptions& options);

}  // namespace gliner
