#include "encoders/t5.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "nn/dot_attention.h"
#include "nn/module_path.h"
#include "nn/rows.h"

namespace gliner {

T5Encoder::T5Encoder(const WeightScope& w, const EncoderConfig& config, std::int64_t known_ids)
    : heads_(config.num_attention_heads),
      buckets_(config.distance_buckets),
      max_distance_(config.max_bucket_distance) {
  words_ = register_at(*this, "shared",
                       std::make_shared<Embedding>(w / "shared", kAnySize, config.hidden_size, known_ids));
  w.not_needed("encoder.embed_tokens.weight", "the same as shared.weight");
  const std::string bias = "encoder.block.0.layer.0.SelfAttention.relative_attention_bias.weight";
  bias_ = w.float32(bias, {buckets_, heads_}, "T5Encoder");
  register_weight_at(*this, bias, bias_);
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) layers_.push_back(bind_layer(w, config, i));
  final_norm_ = register_at(
      *this, "encoder.final_layer_norm",
      std::make_shared<RmsNorm>(w / "encoder.final_layer_norm", config.hidden_size, config.layer_norm_eps));
}

T5Encoder::Layer T5Encoder::bind_layer(const WeightScope& w, const EncoderConfig& config,
                                       std::int64_t index) {
  const std::int64_t hidden = config.hidden_size;
  const std::int64_t inner = heads_ * config.head_size;
  const std::string attention = fmt::format("encoder.block.{}.layer.0.", index);
  const std::string feed_forward = fmt::format("encoder.block.{}.layer.1.", index);
  const auto linear = [&](const std::string& path, std::int64_t in, std::int64_t out,
                          std::optional<Activation> activation = std::nullopt) {
    return register_at(*this, path,
                       std::make_shared<Linear>(w / path, in, out, Linear::Options{activation, false}));
  };
  const auto norm = [&](const std::string& path) {
    return register_at(*this, path, std::make_shared<RmsNorm>(w / path, hidden, config.layer_norm_eps));
  };
  Layer layer;
  layer.attention_norm = norm(attention + "layer_norm");
  layer.query = linear(attention + "SelfAttention.q", hidden, inner);
  layer.key = linear(attention + "SelfAttention.k", hidden, inner);
  layer.value = linear(attention + "SelfAttention.v", hidden, inner);
  layer.attention_out = linear(attention + "SelfAttention.o", inner, hidden);
  layer.norm = norm(feed_forward + "layer_norm");
  const std::string dense = feed_forward + "DenseReluDense.";
  if (config.gated_feed_forward) {
    layer.gate = linear(dense + "wi_0", hidden, config.intermediate_size, config.hidden_act);
    layer.up = linear(dense + "wi_1", hidden, config.intermediate_size);
  } else {
    layer.up = linear(dense + "wi", hidden, config.intermediate_size, config.hidden_act);
  }
  layer.down = linear(dense + "wo", config.intermediate_size, hidden);
  return layer;
}

at::Tensor t5_buckets(const at::Tensor& distances, std::int64_t buckets, std::int64_t max_distance) {
  const std::int64_t half = buckets / 2;
  const std::int64_t near = half / 2;
  const at::Tensor size = distances.abs().to(at::kLong);
  // In float32 like the reference: the buckets' edges depend on the rounding.
  const double steps = std::log(static_cast<double>(max_distance) / static_cast<double>(near));
  const at::Tensor far =
      (at::log(size.to(at::kFloat) / static_cast<double>(near)) / steps * static_cast<double>(half - near))
          .clamp(-1, static_cast<double>(half))  // Distance 0 is -inf here and taken from `size` below.
          .to(at::kLong)
          .add(near)
          .clamp_max(half - 1);
  return distances.gt(0).to(at::kLong) * half + at::where(size < near, size, far);
}

at::Tensor T5Encoder::distance_bias(std::int64_t length) const {
  const at::Tensor distances = at::arange(1 - length, length, at::kLong);
  return bias_.index_select(0, t5_buckets(distances, buckets_, max_distance_).to(bias_.device()))
      .t()
      .contiguous();
}

at::Tensor T5Encoder::attend(const Layer& layer, const at::Tensor& x, const SequenceStart& start,
                             const at::Tensor& bias) const {
  const at::Tensor query = layer.query->forward(x);  // [T, heads * D]
  const at::Tensor key = layer.key->forward(x);
  const at::Tensor value = layer.value->forward(x);
  at::Tensor context = at::empty_like(query);
  const std::int64_t longest = (bias.size(1) + 1) / 2;
  for (std::size_t b = 0; b + 1 < start.size(); ++b) {
    const std::int64_t length = start[b + 1] - start[b];
    if (length == 0) continue;
    const auto own = [&](const at::Tensor& all) { return all.narrow(0, start[b], length); };
    // Row s of the windows holds the distances from s on: query i needs those from -i on.
    const at::Tensor pairs =
        bias.narrow(1, longest - length, 2 * length - 1).unfold(1, length, 1).flip(1);  // [heads, L, L]
    own(context).copy_(dot_attention(own(query), own(key), own(value), heads_, /*scale=*/1.0, pairs));
  }
  return context;
}

at::Tensor T5Encoder::forward(const TokenIds& ids, const SequenceStart& start,
                              const EncoderReads& reads) const {
  std::int64_t longest = 1;
  for (std::size_t b = 0; b + 1 < start.size(); ++b) longest = std::max(longest, start[b + 1] - start[b]);
  const at::Tensor bias = distance_bias(longest);  // [heads, 2 * longest - 1]
  at::Tensor x = words_->forward(ids);             // [T, H]
  const std::vector<std::int64_t>* tokens = reads.some_of(x.size(0));
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    const Layer& layer = layers_[i];
    at::Tensor context = attend(layer, layer.attention_norm->forward(x), start, bias);  // [T, heads * D]
    if (tokens != nullptr && i + 1 == layers_.size()) {
      context = take_rows(context, *tokens);  // [N, heads * D]
      x = take_rows(x, *tokens);              // [N, H]
    }
    x = layer.attention_out->forward_add(context, x);
    const at::Tensor normed = layer.norm->forward(x);
    at::Tensor inner = layer.up->forward(normed);  // [T, F]
    if (layer.gate) inner.mul_(layer.gate->forward(normed));
    x = layer.down->forward_add(inner, x);
    if (reads.layers && i + 1 < layers_.size()) reads.layers(x);
  }
  x = final_norm_->forward(x);
  if (reads.layers) reads.layers(x);
  return tokens != nullptr ? put_rows(x, *tokens, start.back()) : x;
}

}  // namespace gliner
