#pragma once

#include "encoders/causal_model.h"
#include "nn/gated_linear.h"
#include "nn/linear.h"
#include "nn/rms_norm.h"

namespace gliner {

/// Llama (Touvron et al. 2023) and its kin Qwen2 and Qwen3 (transformers, modeling_llama.py,
/// modeling_qwen2.py and modeling_qwen3.py): rotary positions, keys and values shared by groups of heads,
/// gated feed-forward.
class Llama : public CausalModel {
 public:
  /// w: of "embed_tokens.weight", "layers.0...".
  Llama(const WeightScope& w, const EncoderConfig& config, std::int64_t known_ids);

  at::Tensor forward(const at::Tensor& x, const SequenceStart& start,
                     const std::vector<KvCache*>& caches) const override;

  std::int64_t max_sequence_tokens() const override { return max_positions_; }

 private:
  struct Layer {
    std::shared_ptr<RmsNorm> attention_norm, norm;
    std::shared_ptr<RmsNorm> query_norm, key_norm;  // Of each head; null: none.
    std::shared_ptr<Linear> qkv, attention_out, down;
    std::shared_ptr<GatedLinear> up;
  };
  Layer bind_layer(const WeightScope& w, const EncoderConfig& config, std::int64_t index);

  std::int64_t heads_, key_value_heads_, head_size_, max_positions_;
  at::Tensor frequencies_;  // [D / 2]
  std::vector<Layer> layers_;
  std::shared_ptr<RmsNorm> final_norm_;
};

}  // namespace gliner
