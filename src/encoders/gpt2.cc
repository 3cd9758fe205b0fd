#include "encoders/gpt2.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <utility>

#include "base/check.h"
#include "base/stage_timer.h"
#include "nn/causal_attention.h"
#include "nn/module_path.h"
#include "nn/rows.h"

namespace gliner {

Gpt2::Gpt2(const WeightScope& w, const EncoderConfig& config, std::int64_t known_ids)
    : CausalModel(w / "wte", config.hidden_size, known_ids), heads_(config.num_attention_heads) {
  const std::int64_t hidden = config.hidden_size;
  register_module("wte", words_);
  positions_ =
      register_module("wpe", std::make_shared<Embedding>(w / "wpe", config.max_position_embeddings, hidden));
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) layers_.push_back(bind_layer(w, config, i));
  final_norm_ =
      register_module("ln_f", std::make_shared<LayerNorm>(w / "ln_f", hidden, config.layer_norm_eps));
}

// transformers' Conv1D keeps its weight as [in, out].
Projection Gpt2::bind_transposed(const WeightScope& w, const std::string& path, std::int64_t in,
                                 std::int64_t out, std::optional<Activation> activation) {
  const at::Tensor weight = w.stored(path + ".weight", {in, out}, "Gpt2");
  const at::Tensor bias = w.stored(path + ".bias", {out}, "Gpt2");
  register_weight_at(*this, path + ".weight", weight);
  register_weight_at(*this, path + ".bias", bias);
  return {weight.t(), bias, activation, w.device()};
}

Gpt2::Layer Gpt2::bind_layer(const WeightScope& w, const EncoderConfig& config, std::int64_t index) {
  const std::int64_t hidden = config.hidden_size;
  const std::int64_t inner = config.intermediate_size;
  const std::string name = fmt::format("h.{}.", index);
  const auto norm = [&](const std::string& path) {
    return register_at(*this, name + path,
                       std::make_shared<LayerNorm>(w / (name + path), hidden, config.layer_norm_eps));
  };
  Layer layer;
  layer.attention_norm = norm("ln_1");
  layer.qkv.emplace(bind_transposed(w, name + "attn.c_attn", hidden, 3 * hidden, std::nullopt));
  layer.attention_out.emplace(bind_transposed(w, name + "attn.c_proj", hidden, hidden, std::nullopt));
  layer.norm = norm("ln_2");
  layer.up.emplace(bind_transposed(w, name + "mlp.c_fc", hidden, inner, config.hidden_act));
  layer.down.emplace(bind_transposed(w, name + "mlp.c_proj", inner, hidden, std::nullopt));
  if (config.scale_attention) layer.scale /= std::sqrt(static_cast<double>(hidden / heads_));
  if (config.scale_by_layer) layer.scale /= static_cast<double>(index + 1);
  (w / name).not_needed("attn.bias", "the causal mask, a constant");
  (w / name).not_needed("attn.masked_bias", "the causal mask's value, a constant");
  return layer;
}

at::Tensor Gpt2::forward(const at::Tensor& x, const SequenceStart& start,
                         const std::vector<KvCache*>& caches) const {
  GLINER_CHECK(start.back() == x.size(0) && (caches.empty() || caches.size() + 1 == start.size()));
  const std::int64_t hidden = x.size(1);
  at::Tensor y = new_rows(x.size(0), x.size(1), x.device()).copy_(x);  // [T, H]
  positions_->add_to(y, causal_positions(start, caches));
  at::Tensor normed, qkv, inner;  // Taken turns with by the layers.
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    normed = timed(Stage::kLayerNorm, [&] { return layer.attention_norm->forward(y, normed); });
    qkv = timed(Stage::kQueryKeyValue, [&] { return layer.qkv->forward(normed, qkv); });  // [T, 3H]
    const at::Tensor context = timed(Stage::kAttention, [&] {
      const std::vector<KvCache::Rows> seen =
          append_all(caches, i, qkv.narrow(1, hidden, hidden), qkv.narrow(1, 2 * hidden, hidden), start);
      return causal_attention(qkv.narrow(1, 0, hidden), start, seen, heads_, layer.scale);  // [T, H]
    });
    y = timed(Stage::kAttentionOut, [&] { return layer.attention_out->forward_add(context, y); });
    normed = timed(Stage::kLayerNorm, [&] { return layer.norm->forward(y, normed); });
    inner = timed(Stage::kUp, [&] { return layer.up->forward(normed, inner); });  // [T, F]
    y = timed(Stage::kDown, [&] { return layer.down->forward_add(inner, y); });
  }
  for (std::size_t b = 0; b < caches.size(); ++b) caches[b]->advance(start[b + 1] - start[b]);
  return final_norm_->forward(y, y);
}

}  // namespace gliner
