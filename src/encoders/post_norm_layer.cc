#include "encoders/post_norm_layer.h"

#include <ATen/ATen.h>

#include "base/stage_timer.h"
#include "nn/cuda/operations.h"
#include "nn/index_tensor.h"
#include "nn/module_path.h"
#include "nn/rows.h"

namespace gliner {

PostNormLayer::PostNormLayer(const WeightScope& w, const EncoderConfig& config,
                             const std::vector<Linear::Part>& query_key_value) {
  const std::int64_t hidden = config.hidden_size;
  const std::int64_t inner = config.intermediate_size;
  qkv_ = register_at(*this, "attention.self",
                     std::make_shared<Linear>(w / "attention.self", query_key_value, hidden));
  attention_out_ = register_at(*this, "attention.output.dense",
                               std::make_shared<Linear>(w / "attention.output.dense", hidden, hidden));
  attention_norm_ = register_at(
      *this, "attention.output.LayerNorm",
      std::make_shared<LayerNorm>(w / "attention.output.LayerNorm", hidden, config.layer_norm_eps));
  up_ = register_at(
      *this, "intermediate.dense",
      std::make_shared<Linear>(w / "intermediate.dense", hidden, inner, Linear::Options{config.hidden_act}));
  down_ = register_at(*this, "output.dense", std::make_shared<Linear>(w / "output.dense", inner, hidden));
  norm_ = register_at(*this, "output.LayerNorm",
                      std::make_shared<LayerNorm>(w / "output.LayerNorm", hidden, config.layer_norm_eps));
}

at::Tensor PostNormLayer::forward(at::Tensor x, const SequenceStart& start, const AttentionOptions& attention,
                                  LayerBuffers& buffers, const std::vector<std::int64_t>* only) const {
  if (!x.device().is_cpu()) return forward_on_card(std::move(x), start, attention, buffers, only);
  buffers.qkv = timed(Stage::kQueryKeyValue, [&] { return qkv_->forward(x, buffers.qkv); });  // [T, 3H]
  buffers.context = timed(Stage::kAttention, [&] {
    return self_attention(buffers.qkv, start, attention, buffers.context);  // [T, H]
  });
  if (only != nullptr) {
    buffers.context = take_rows(buffers.context, *only);  // [N, H]
    x = take_rows(x, *only);                              // [N, H]
  }
  at::Tensor y =
      timed(Stage::kAttentionOut, [&] { return attention_out_->forward_add(buffers.context, x); });  // [T, H]
  y = timed(Stage::kLayerNorm, [&] { return attention_norm_->forward(y, y); });
  buffers.inner = timed(Stage::kUp, [&] { return up_->forward(y, buffers.inner); });  // [T, F]
  y = timed(Stage::kDown, [&] { return down_->forward_add(buffers.inner, y); });      // [T, H]
  return timed(Stage::kLayerNorm, [&] { return norm_->forward(y, y); });
}

at::Tensor PostNormLayer::forward_on_card(at::Tensor x, const SequenceStart& start,
                                          AttentionOptions attention, LayerBuffers& buffers,
                                          const std::vector<std::int64_t>* only) const {
  const at::Tensor qkv = timed(Stage::kQueryKeyValue, [&] {  // [T, 3H]
    return qkv_->forward(buffers.low.defined() ? buffers.low : x);
  });
  if constexpr (cuda_kernels()) {
    if (!attention.tiles && buffers.tiles.is_empty())
      buffers.tiles = cuda_attention_tiles(qkv, start, attention);
    if (!attention.tiles && !buffers.tiles.is_empty()) attention.tiles = &buffers.tiles;
  }
  at::Tensor context =
      timed(Stage::kAttention, [&] { return self_attention(qkv, start, attention); });  // [T, H]
  if (only != nullptr) {
    const at::Tensor index = index_tensor(*only, x.device());
    context = context.index_select(0, index);  // [N, H]
    x = x.index_select(0, index);              // [N, H]
  }
  at::Tensor sum = timed(Stage::kAttentionOut, [&] { return attention_out_->forward(context); });  // [T, H]
  LayerNorm::Sum normed = timed(Stage::kLayerNorm, [&] { return attention_norm_->forward_sum(sum, x); });
  const at::Tensor inner = timed(Stage::kUp, [&] { return up_->forward(normed.low); });  // [T, F]
  sum = timed(Stage::kDown, [&] { return down_->forward(inner); });                      // [T, H]
  normed = timed(Stage::kLayerNorm, [&] { return norm_->forward_sum(sum, normed.full); });
  buffers.low = normed.low;
  return normed.full;
}

}  // namespace gliner
