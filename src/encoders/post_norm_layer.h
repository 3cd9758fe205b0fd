#pragma once

#include <torch/nn/module.h>

#include <memory>
#include <string>

#include "config/encoder_config.h"
#include "nn/attention.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"

namespace gliner {

/// Matrices that the layers of one forward pass take turns with.
struct LayerBuffers {
  at::Tensor qkv;      ///< [T, 3H]
  at::Tensor context;  ///< [T, H]
  at::Tensor inner;    ///< [T, F]

  // On a card only.
  at::Tensor low;        ///< [T, H] the last layer's result in the type of the products; undefined: none.
  AttentionTiles tiles;  ///< Of the batch, unless AttentionOptions has them.
};

/// The transformer layer of BERT and DeBERTa: attention, then a feed-forward block, each added to its input
/// and normalised after the sum. The two families differ in the names of the query, key and value projections
/// and in what `attention` says.
class PostNormLayer : public torch::nn::Module {
 public:
  /// `query_key_value`: the projections below "attention.self".
  PostNormLayer(const WeightScope& w, const EncoderConfig& config,
                const std::vector<Linear::Part>& query_key_value);

  /// x: [T, H] -> [T, H], or [N, H] of the N tokens `only`; null: all. Overwrites x and the buffers.
  at::Tensor forward(at::Tensor x, const SequenceStart& start, const AttentionOptions& attention,
                     LayerBuffers& buffers, const std::vector<std::int64_t>* only = nullptr) const;

  /// Query, key and value of any rows [N, H], side by side: [N, 3H].
  at::Tensor query_key_value(const at::Tensor& x) const { return qkv_->forward(x); }

 private:
  // Sums and norms in float32, what goes into products also in their type.
  at::Tensor forward_on_card(at::Tensor x, const SequenceStart& start, AttentionOptions attention,
                             LayerBuffers& buffers, const std::vector<std::int64_t>* only) const;

  std::shared_ptr<Linear> qkv_, attention_out_, up_, down_;
  std::shared_ptr<LayerNorm> attention_norm_, norm_;
};

}  // namespace gliner
