#pragma once

#include <optional>
#include <string>

#include "encoders/causal_model.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"

namespace gliner {

/// GPT-2 (Radford et al. 2019; transformers, modeling_gpt2.py).
class Gpt2 : public CausalModel {
 public:
  /// w: of "wte.weight", "h.0...".
  Gpt2(const WeightScope& w, const EncoderConfig& config, std::int64_t known_ids);

  at::Tensor forward(const at::Tensor& x, const SequenceStart& start,
                     const std::vector<KvCache*>& caches) const override;

  std::int64_t max_sequence_tokens() const override { return positions_->rows(); }

 private:
  struct Layer {
    std::shared_ptr<LayerNorm> attention_norm, norm;
    std::optional<Projection> qkv, attention_out, up, down;
    double scale = 1;
  };
  Layer bind_layer(const WeightScope& w, const EncoderConfig& config, std::int64_t index);
  Projection bind_transposed(const WeightScope& w, const std::string& path, std::int64_t in, std::int64_t out,
                             std::optional<Activation> activation);

  std::int64_t heads_;
  std::shared_ptr<Embedding> positions_;
  std::vector<Layer> layers_;
  std::shared_ptr<LayerNorm> final_norm_;
};

}  // namespace gliner
