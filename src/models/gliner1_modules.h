#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>

#include "config/gliner1_config.h"
#include "encoders/causal_model.h"
#include "encoders/context_encoder.h"
#include "encoders/encoder.h"
#include "encoders/layers_fuser.h"
#include "heads/cross_fuser.h"
#include "heads/entity_adjacency.h"
#include "heads/label_decoder.h"
#include "heads/relation_scorer.h"
#include "heads/span_layer.h"
#include "heads/token_scorer.h"
#include "models/device.h"
#include "models/shared_labels.h"
#include "models/span_model.h"
#include "nn/lstm.h"
#include "nn/mlp.h"

namespace gliner {

/// The modules of a GLiNER v1 checkpoint under its names, so that named_parameters() is the checkpoint's
/// list. Which are there depends on the configuration; absent ones are null.
struct Gliner1Modules : torch::nn::Module {
  /// Encoders in the dtype of `w`, and on a card what markerV0 to markerV2 do for every word; the other heads
  /// in float32.
  Gliner1Modules(const WeightScope& w, const Gliner1Config& config, const EncoderConfig& encoder_config,
                 const TokenizerSizes& sizes);

  /// How the reference pads the texts of a batch.
  struct Padding {
    std::int64_t tokens;  ///< Of the longest text.
    std::int32_t pad_id;
  };

  /// ids -> [T, H] of the text, layer fusion and projection included. `read`: tokens that are read
  /// (EncoderReads); null: all.
  at::Tensor encode_text(const TokenIds& ids, const SequenceStart& start, const Padding& padding,
                         const std::vector<std::int64_t>* read) const;

  /// One vector per sequence of label tokens, projected: [labels, H]. Bi-encoders only.
  at::Tensor encode_labels(const std::vector<std::int32_t>& ids, const SequenceStart& start) const;

  /// Labels [P, H] and words [W, H] after the cross fuser, which must be there, let them change each other.
  /// `label_rows`: of each text, one behind the other.
  void fuse(at::Tensor& labels, at::Tensor& words, const std::vector<RowRange>& label_rows,
            const SequenceStart& word_start) const;

  /// Labels' vectors [P, H] as the heads take them: projected and, where spans are scored, prepared by the
  /// span layer. `shared`: by many texts (SpanLayer::prepare).
  SpanQueries prepare_labels(const at::Tensor& vectors, bool shared) const;

  /// Longest text in tokens that there are positions for; 0: any.
  std::int64_t max_sequence_tokens() const;
  std::int64_t vocab_size() const;

  std::shared_ptr<Encoder> encoder;  ///< Null in a streaming model, which has the next three.
  std::shared_ptr<CausalModel> backbone;
  std::shared_ptr<Linear> token_projection;        ///< To hidden_size, where the backbone has another width.
  std::shared_ptr<ContextEncoder> prompt_context;  ///< Reads the prompt's states once more, both ways.
  std::shared_ptr<LayersFuser> layers_fuser;
  std::shared_ptr<Linear> projection;  ///< To hidden_size, where the encoder has another width.
  std::shared_ptr<Encoder> labels_encoder;
  std::shared_ptr<LayersFuser> labels_fuser;
  std::shared_ptr<Linear> labels_projection;
  std::shared_ptr<CrossFuser> cross_fuser;
  std::shared_ptr<Lstm> rnn;
  std::shared_ptr<ContextEncoder> span_context;
  std::shared_ptr<SpanLayer> span_layer;
  std::shared_ptr<Mlp> prompt_projection;
  std::shared_ptr<TokenScorer> token_scorer;
  std::shared_ptr<EntityAdjacency> adjacency;  ///< Null: every pair of entities is scored.
  std::shared_ptr<RelationScorer> relation_scorer;
  std::shared_ptr<LabelDecoder> label_decoder;
  std::shared_ptr<Mlp> decoder_projection;  ///< Span vectors to the decoder's width, where that is another.

 private:
  void bind_encoder(const WeightScope& w, const Gliner1Config& config, const EncoderConfig& encoder_config,
                    const TokenizerSizes& sizes);
  void bind_streaming(const WeightScope& w, const Gliner1Config& config, const EncoderConfig& backbone_config,
                      const TokenizerSizes& sizes);
  void bind_words(const WeightScope& w, const Gliner1Config& config, std::int64_t encoder_heads);
  void bind_labels(const WeightScope& w, const Gliner1Config& config, const TokenizerSizes& sizes);
  void bind_heads(const WeightScope& w, const WeightScope& fast, const Gliner1Config& config);
  void bind_relations(const WeightScope& w, const Gliner1Config& config);
  void bind_decoder(const WeightScope& w, const Gliner1Config& config, const TokenizerSizes& sizes);
};

/// GLiNER v1's architectures (gliner/modeling/base.py), put together from what the configuration names.
class Gliner1Model : public SpanModel {
 public:
  /// `resources`: of its runs.
  Gliner1Model(Gliner1Config config, std::shared_ptr<const Gliner1Modules> modules, ModelReport report,
               const RunResources& resources);

  std::vector<SpanOutput> run(const SpanBatch& batch, const TraceSink& trace = {}) const override;
  LabelMatrix encode_labels(const std::vector<std::vector<std::int32_t>>& labels) const override;
  std::unique_ptr<SpanStream> open_stream() const override;
  std::int64_t max_sequence_tokens() const override { return modules_->max_sequence_tokens(); }
  std::int64_t max_label_tokens() const override;
  const ModelReport& report() const override { return report_; }

  const Gliner1Config& config() const { return config_; }
  const Gliner1Modules& modules() const { return *modules_; }

 private:
  Gliner1Config config_;
  std::shared_ptr<const Gliner1Modules> modules_;
  ModelReport report_;
  RunResources resources_;
  mutable SharedLabels shared_labels_;
};

}  // namespace gliner
