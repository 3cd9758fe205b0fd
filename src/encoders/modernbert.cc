#include "encoders/modernbert.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "base/check.h"
#include "base/stage_timer.h"
#include "nn/index_tensor.h"
#include "nn/module_path.h"
#include "nn/rotary.h"
#include "nn/rows.h"

namespace gliner {

ModernBertEncoder::ModernBertEncoder(const WeightScope& w, const EncoderConfig& config,
                                     std::int64_t known_ids, ModernBertInput input)
    : global_theta_(config.global_rope_theta),
      local_theta_(config.local_rope_theta),
      head_size_(config.hidden_size / config.num_attention_heads),
      tile_rows_(attention_tile_rows(head_size_, element_on_card(w.dtype()))) {
  const std::int64_t hidden = config.hidden_size;
  if (head_size_ % 2 != 0)
    throw ModelError(
        fmt::format("encoder config: expected an even head size for rotary positions, found {} / {}", hidden,
                    config.num_attention_heads));
  GLINER_CHECK(config.layer_is_global.size() == static_cast<std::size_t>(config.num_hidden_layers));
  global_attention_.heads = config.num_attention_heads;
  global_attention_.scale = 1.0 / std::sqrt(static_cast<double>(head_size_));
  local_attention_ = global_attention_;
  local_attention_.window = config.local_attention / 2;

  if (!w.device().is_cpu()) {
    global_frequencies_ = rotary_frequencies(global_theta_, head_size_).to(w.device());
    local_frequencies_ = rotary_frequencies(local_theta_, head_size_).to(w.device());
  }

  const auto norm = [&](const std::string& path) {
    return register_at(
        *this, path, std::make_shared<LayerNorm>(w / path, hidden, config.layer_norm_eps, config.norm_bias));
  };
  if (input == ModernBertInput::kIds)
    words_ = register_at(
        *this, "embeddings.tok_embeddings",
        std::make_shared<Embedding>(w / "embeddings.tok_embeddings", kAnySize, hidden, known_ids));
  else
    w.not_needed("embeddings.tok_embeddings.weight", "vectors come in its place");
  embedding_norm_ = norm("embeddings.norm");
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) layers_.push_back(bind_layer(w, config, i));
  final_norm_ = norm("final_norm");
}

ModernBertEncoder::Layer ModernBertEncoder::bind_layer(const WeightScope& w, const EncoderConfig& config,
                                                       std::int64_t index) {
  const std::int64_t hidden = config.hidden_size;
  const std::int64_t inner = config.intermediate_size;
  const std::string name = fmt::format("layers.{}.", index);
  const auto norm = [&](const std::string& path) {
    return register_at(
        *this, name + path,
        std::make_shared<LayerNorm>(w / (name + path), hidden, config.layer_norm_eps, config.norm_bias));
  };
  const auto linear = [&](const std::string& path, std::int64_t in, std::int64_t out, bool bias) {
    return register_at(
        *this, name + path,
        std::make_shared<Linear>(w / (name + path), in, out, Linear::Options{std::nullopt, bias}));
  };
  Layer layer;
  layer.global = config.layer_is_global[static_cast<std::size_t>(index)];
  if (index > 0) layer.attention_norm = norm("attn_norm");
  layer.qkv = linear("attn.Wqkv", hidden, 3 * hidden, config.attention_bias);
  layer.attention_out = linear("attn.Wo", hidden, hidden, config.attention_bias);
  layer.norm = norm("mlp_norm");
  layer.up = register_at(*this, name + "mlp.Wi",
                         std::make_shared<GatedLinear>(w / (name + "mlp.Wi"), hidden, inner,
                                                       Linear::Options{config.hidden_act, config.mlp_bias}));
  layer.down = linear("mlp.Wo", inner, hidden, config.mlp_bias);
  return layer;
}

at::Tensor ModernBertEncoder::forward(const TokenIds& ids, const SequenceStart& start,
                                      const EncoderReads& reads) const {
  GLINER_CHECK(words_);
  return forward_vectors(words_->forward(ids), start, reads, ids.places);
}

std::vector<std::int32_t> ModernBertEncoder::positions(const std::vector<std::int32_t>&,
                                                       const SequenceStart& start) const {
  return places_in_sequences(start);
}

ModernBertEncoder::Turn ModernBertEncoder::turn_of(double theta, const at::Tensor& frequencies,
                                                   const SequenceStart& start,
                                                   const TokenPlaces* places) const {
  const std::int64_t heads = global_attention_.heads;
  if (frequencies.defined()) {
    const at::Tensor positions =
        places ? places->positions : index_tensor(places_in_sequences(start), frequencies.device());
    return [heads, rotary = RowRotary(frequencies, positions)](at::Tensor& qkv) {
      rotary.turn(qkv, 2 * heads);  // Query and key.
    };
  }
  std::int64_t longest = 0;
  for (std::size_t b = 0; b + 1 < start.size(); ++b) longest = std::max(longest, start[b + 1] - start[b]);
  return [heads, &start, rotary = RotaryTable(theta, head_size_, longest, c10::kCPU)](at::Tensor& qkv) {
    rotary.turn(qkv, start, heads);
  };
}

at::Tensor ModernBertEncoder::forward_vectors(at::Tensor x, const SequenceStart& start,
                                              const EncoderReads& reads, const TokenPlaces* places) const {
  x = embedding_norm_->forward(x, x);
  const std::vector<std::int64_t>* tokens = reads.some_of(x.size(0));
  const Turn turn_global = turn_of(global_theta_, global_frequencies_, start, places);
  const Turn turn_local = turn_of(local_theta_, local_frequencies_, start, places);
  AttentionOptions global_attention = global_attention_, local_attention = local_attention_;
  if (places) global_attention.tiles = local_attention.tiles = &places->attention;

  at::Tensor normed, qkv, context;  // Taken turns with by the layers.
  GatedLinear::Buffers buffers;
  for (const Layer& layer : layers_) {
    if (layer.attention_norm)
      normed = timed(Stage::kLayerNorm, [&] { return layer.attention_norm->forward(x, normed); });
    else
      normed = x;
    qkv = timed(Stage::kQueryKeyValue, [&] { return layer.qkv->forward(normed, qkv); });  // [T, 3H]
    context = timed(Stage::kAttention, [&] {
      (layer.global ? turn_global : turn_local)(qkv);
      return self_attention(qkv, start, layer.global ? global_attention : local_attention,
                            context);  // [T, H]
    });
    if (!layer.attention_norm) normed.reset();  // It is x itself, which is about to change.
    if (tokens != nullptr && &layer == &layers_.back()) {
      context = take_rows(context, *tokens);  // [N, H]
      x = take_rows(x, *tokens);              // [N, H]
    }
    x = timed(Stage::kAttentionOut, [&] { return layer.attention_out->forward_add(context, x); });
    normed = timed(Stage::kLayerNorm, [&] { return layer.norm->forward(x, normed); });
    const at::Tensor inner = timed(Stage::kUp, [&] { return layer.up->forward(normed, buffers); });  // [T, F]
    x = timed(Stage::kDown, [&] { return layer.down->forward_add(inner, x); });
    if (reads.layers && &layer != &layers_.back()) reads.layers(x);
  }
  x = timed(Stage::kLayerNorm, [&] { return final_norm_->forward(x, x); });
  if (reads.layers) reads.layers(x);
  return tokens != nullptr ? put_rows(x, *tokens, start.back()) : x;
}

}  // namespace gliner
