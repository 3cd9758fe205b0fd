#include "heads/count_lstm_v2.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "nn/attention.h"
#include "nn/module_path.h"

namespace gliner {
namespace {

// Sizes that the reference writes in CountLSTMv2, and torch.nn.TransformerEncoderLayer's default eps.
constexpr std::int64_t kInner = 128;
constexpr std::int64_t kHeads = 4;
constexpr std::int64_t kLayers = 2;
constexpr double kNormEps = 1e-5;

}  // namespace

CountLstmV2::CountLstmV2(const WeightScope& w, std::int64_t hidden) : CountEmbedding(w, hidden) {
  in_ = register_at(*this, "transformer.in_projector",
                    std::make_shared<Linear>(w / "transformer.in_projector", hidden, kInner));
  for (std::int64_t i = 0; i < kLayers; ++i) layers_.push_back(bind_layer(w, i));
  out_ =
      register_at(*this, "transformer.out_projector",
                  std::make_shared<Mlp>(
                      w / "transformer.out_projector", std::vector<std::string>{"0", "2", "4"},
                      std::vector<std::int64_t>{kInner + hidden, hidden, hidden, hidden}, Activation::kRelu));
}

CountLstmV2::Layer CountLstmV2::bind_layer(const WeightScope& w, std::int64_t index) {
  const std::string name = fmt::format("transformer.transformer.layers.{}.", index);
  const auto linear = [&](const std::string& path, std::int64_t in, std::int64_t out,
                          std::optional<Activation> activation) {
    return register_at(*this, name + path,
                       std::make_shared<Linear>(w / (name + path), in, out, Linear::Options{activation}));
  };
  const auto norm = [&](const std::string& path) {
    return register_at(*this, name + path, std::make_shared<LayerNorm>(w / (name + path), kInner, kNormEps));
  };
  Layer layer;
  const std::string weight_name = name + "self_attn.in_proj_weight";
  const std::string bias_name = name + "self_attn.in_proj_bias";
  const at::Tensor weight = w.stored(weight_name, {3 * kInner, kInner}, "CountLstmV2");
  const at::Tensor bias = w.stored(bias_name, {3 * kInner}, "CountLstmV2");
  register_weight_at(*this, weight_name, weight);
  register_weight_at(*this, bias_name, bias);
  layer.qkv.emplace(weight, bias, std::nullopt, w.device());
  layer.attention_out = linear("self_attn.out_proj", kInner, kInner, std::nullopt);
  layer.attention_norm = norm("norm1");
  layer.up = linear("linear1", kInner, 2 * kInner, Activation::kRelu);
  layer.down = linear("linear2", 2 * kInner, kInner, std::nullopt);
  layer.norm = norm("norm2");
  return layer;
}

std::int64_t CountLstmV2::card_tile_rows() const { return attention_tile_rows(kInner / kHeads, at::kFloat); }

at::Tensor CountLstmV2::project(const at::Tensor& states, const at::Tensor& labels,
                                const std::vector<std::int64_t>& instance_start,
                                const AttentionTiles& tiles) const {
  AttentionOptions attention;
  if (!tiles.is_empty()) attention.tiles = &tiles;
  attention.heads = kHeads;
  attention.scale = 1.0 / std::sqrt(static_cast<double>(kInner / kHeads));
  const at::Tensor input = states + labels;  // [Q, H]
  at::Tensor x = in_->forward(input);        // [Q, kInner]
  for (const Layer& layer : layers_) {
    const at::Tensor context = self_attention(layer.qkv->forward(x), instance_start, attention);
    x = layer.attention_norm->forward(layer.attention_out->forward_add(context, x));
    x = layer.norm->forward(layer.down->forward_add(layer.up->forward(x), x));
  }
  return out_->forward(at::cat({x, input}, 1));
}

}  // namespace gliner
