#include "encoders/llama.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>
#include <string>

#include "base/check.h"
#include "base/stage_timer.h"
#include "nn/causal_attention.h"
#include "nn/index_tensor.h"
#include "nn/module_path.h"
#include "nn/rotary.h"
#include "nn/rows.h"

namespace gliner {

Llama::Llama(const WeightScope& w, const EncoderConfig& config, std::int64_t known_ids)
    : CausalModel(w / "embed_tokens", config.hidden_size, known_ids),
      heads_(config.num_attention_heads),
      key_value_heads_(config.key_value_heads),
      head_size_(config.head_size),
      max_positions_(config.max_position_embeddings),
      frequencies_(rotary_frequencies(config.rope_theta, head_size_).to(w.device())) {
  register_module("embed_tokens", words_);
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) layers_.push_back(bind_layer(w, config, i));
  final_norm_ = register_module(
      "norm", std::make_shared<RmsNorm>(w / "norm", config.hidden_size, config.layer_norm_eps));
}

Llama::Layer Llama::bind_layer(const WeightScope& w, const EncoderConfig& config, std::int64_t index) {
  const std::int64_t hidden = config.hidden_size;
  const std::int64_t inner = config.intermediate_size;
  const std::int64_t queries = heads_ * head_size_;
  const std::int64_t keys = key_value_heads_ * head_size_;
  const std::string name = fmt::format("layers.{}.", index);
  const auto norm = [&](const std::string& path, std::int64_t size) {
    return register_at(*this, name + path,
                       std::make_shared<RmsNorm>(w / (name + path), size, config.layer_norm_eps));
  };
  const auto linear = [&](const std::string& path, std::int64_t in, std::int64_t out, bool bias) {
    return register_at(
        *this, name + path,
        std::make_shared<Linear>(w / (name + path), in, out, Linear::Options{std::nullopt, bias}));
  };
  Layer layer;
  layer.attention_norm = norm("input_layernorm", hidden);
  layer.qkv =
      register_at(*this, name + "self_attn",
                  std::make_shared<Linear>(
                      w / (name + "self_attn"),
                      std::vector<Linear::Part>{{"q_proj", queries}, {"k_proj", keys}, {"v_proj", keys}},
                      hidden, config.query_key_value_bias));
  if (config.normalizes_heads) {
    layer.query_norm = norm("self_attn.q_norm", head_size_);
    layer.key_norm = norm("self_attn.k_norm", head_size_);
  }
  layer.attention_out = linear("self_attn.o_proj", queries, hidden, config.attention_bias);
  layer.norm = norm("post_attention_layernorm", hidden);
  layer.up =
      register_at(*this, name + "mlp",
                  std::make_shared<GatedLinear>(w / (name + "mlp"), "gate_proj", "up_proj", hidden, inner,
                                                Linear::Options{config.hidden_act, config.mlp_bias}));
  layer.down = linear("mlp.down_proj", inner, hidden, config.mlp_bias);
  w.not_needed(name + "self_attn.rotary_emb.inv_freq", "computed from rope_theta");
  return layer;
}

at::Tensor Llama::forward(const at::Tensor& x, const SequenceStart& start,
                          const std::vector<KvCache*>& caches) const {
  GLINER_CHECK(start.back() == x.size(0) && (caches.empty() || caches.size() + 1 == start.size()));
  const std::int64_t queries = heads_ * head_size_;
  const std::int64_t keys = key_value_heads_ * head_size_;
  const double scale = 1.0 / std::sqrt(static_cast<double>(head_size_));
  const RowRotary rotary(frequencies_, index_tensor(causal_positions(start, caches), x.device()));
  at::Tensor y = new_rows(x.size(0), x.size(1), x.device()).copy_(x);  // [T, H]
  at::Tensor qkv;  // Taken turns with by the layers, as are the buffers.
  GatedLinear::Buffers buffers;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    at::Tensor normed = timed(Stage::kLayerNorm, [&] { return layer.attention_norm->forward(y); });
    qkv = timed(Stage::kQueryKeyValue, [&] {
      return layer.qkv->forward(normed, qkv);  // [T, (heads + 2 * key_value_heads) * D]
    });
    const at::Tensor context = timed(Stage::kAttention, [&] {
      const at::Tensor query = qkv.narrow(1, 0, queries);
      const at::Tensor key = qkv.narrow(1, queries, keys);
      const at::Tensor value = qkv.narrow(1, queries + keys, keys);
      if (layer.query_norm) {
        const auto normalize = [&](const RmsNorm& norm, const at::Tensor& heads) {
          heads.copy_(norm.forward(heads.unflatten(1, {-1, head_size_})).flatten(1));
        };
        normalize(*layer.query_norm, query);
        normalize(*layer.key_norm, key);
      }
      rotary.turn(qkv, heads_ + key_value_heads_);
      const std::vector<KvCache::Rows> seen = append_all(caches, i, key, value, start);
      return causal_attention(query, start, seen, heads_, scale);  // [T, heads * D]
    });
    y = timed(Stage::kAttentionOut, [&] { return layer.attention_out->forward_add(context, y); });
    normed = timed(Stage::kLayerNorm, [&] { return layer.norm->forward(y); });
    const at::Tensor inner = timed(Stage::kUp, [&] { return layer.up->forward(normed, buffers); });  // [T, F]
    y = timed(Stage::kDown, [&] { return layer.down->forward_add(inner, y); });
  }
  for (std::size_t b = 0; b < caches.size(); ++b) caches[b]->advance(start[b + 1] - start[b]);
  return final_norm_->forward(y);
}

}  // namespace gliner
