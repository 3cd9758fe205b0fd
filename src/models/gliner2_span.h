#pragma once

#include <torch/nn/module.h>

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/gliner2_config.h"
#include "encoders/encoder.h"
#include "heads/count_embedding.h"
#include "heads/span_marker.h"
#include "models/device.h"
#include "models/model.h"
#include "nn/mlp.h"

namespace gliner {

/// The modules of a GLiNER2 span checkpoint under its names, so that named_parameters() is the checkpoint's
/// list.
struct Gliner2Modules : torch::nn::Module {
  /// `dtype`: of the encoder's products, and on a card of those that the span head does for every word; the
  /// other heads stay in float32.
  Gliner2Modules(const WeightScope& w, const Gliner2Config& config, const EncoderConfig& encoder_config,
                 std::int64_t known_ids, ComputeDtype dtype = ComputeDtype::kFloat32);

  std::shared_ptr<Encoder> encoder;
  std::shared_ptr<Mlp> count_head;  ///< [P] -> logits of 0 .. kMaxCount - 1 instances
  std::shared_ptr<CountEmbedding> count_embedding;
  std::shared_ptr<SpanMarkerMlp> span_head;
  std::shared_ptr<Mlp> classifier;  ///< [L] -> logit
};

/// What Gliner2CardRun makes room for before it knows: grows with what was met.
struct HeadRoom {
  std::atomic<std::int64_t> instances{2};  ///< Of a structure or relation, scored in any case.
};

class CardGraphs;

/// GLiNER2's span architecture (gliner2/models/span/model.py and inference/runtime.py up to the logits).
class Gliner2Span : public Model {
 public:
  /// `resources`: of its runs.
  Gliner2Span(std::shared_ptr<const Gliner2Modules> modules, ModelReport report,
              const RunResources& resources);
  ~Gliner2Span() override;

  std::vector<SequenceOutput> run(const PackedBatch& batch, const TraceSink& trace = {}) const override;
  std::int64_t max_sequence_tokens() const override { return modules_->encoder->max_sequence_tokens(); }
  const ModelReport& report() const override { return report_; }
  CudaGraphReport cuda_graph_report() const override;

  const Gliner2Modules& modules() const { return *modules_; }

 private:
  std::shared_ptr<const Gliner2Modules> modules_;
  ModelReport report_;
  RunResources resources_;
  mutable HeadRoom room_;
  const std::unique_ptr<CardGraphs> graphs_;  // Null: no pass is captured.
};

}  // namespace gliner
