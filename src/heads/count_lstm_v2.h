#pragma once

#include "heads/count_embedding.h"

namespace gliner {

/// `count_lstm_v2`: a small transformer in which the labels of one instance see each other (the reference's
/// DownscaledTransformer; its layers are torch.nn.TransformerEncoderLayer, normalised after each sum).
class CountLstmV2 : public CountEmbedding {
 public:
  CountLstmV2(const WeightScope& w, std::int64_t hidden);

  std::int64_t card_tile_rows() const override;

 private:
  struct Layer {
    std::optional<Projection> qkv;
    std::shared_ptr<Linear> attention_out, up, down;
    std::shared_ptr<LayerNorm> attention_norm, norm;
  };
  Layer bind_layer(const WeightScope& w, std::int64_t index);
  at::Tensor project(const at::Tensor& states, const at::Tensor& labels,
                     const std::vector<std::int64_t>& instance_start,
                     const AttentionTiles& tiles) const override;

  std::shared_ptr<Linear> in_;
  std::vector<Layer> layers_;
  std::shared_ptr<Mlp> out_;
};

}  // namespace gliner
