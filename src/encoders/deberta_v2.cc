#include "encoders/deberta_v2.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/stage_timer.h"
#include "gliner/error.h"
#include "nn/module_path.h"
#include "nn/rows.h"

namespace gliner {

TokenConvolution::TokenConvolution(const WeightScope& w, const EncoderConfig& config)
    : kernel_(config.conv_kernel_size), groups_(config.conv_groups) {
  const std::int64_t hidden = config.hidden_size;
  if (kernel_ % 2 == 0 || groups_ <= 0 || hidden % groups_ != 0)
    throw ModelError(
        fmt::format("encoder config: conv_kernel_size: expected an odd number, and conv_groups a divisor of "
                    "hidden_size {}, found {} and {}",
                    hidden, kernel_, groups_));
  const std::int64_t size = hidden / groups_;
  const at::Tensor weight = (w / "conv").stored("weight", {hidden, size, kernel_}, "TokenConvolution");
  const at::Tensor bias = (w / "conv").stored("bias", {hidden}, "TokenConvolution");
  register_weight_at(*this, "conv.weight", weight);
  register_weight_at(*this, "conv.bias", bias);
  for (std::int64_t g = 0; g < groups_; ++g) {
    // [out, in, k] -> [out, k * in]: the window's tokens side by side.
    const at::Tensor matrix =
        weight.narrow(0, g * size, size).permute({0, 2, 1}).reshape({size, kernel_ * size});
    projections_.emplace_back(matrix, bias.narrow(0, g * size, size), config.conv_act, w.device());
  }
  norm_ = register_at(*this, "LayerNorm",
                      std::make_shared<LayerNorm>(w / "LayerNorm", hidden, config.layer_norm_eps));
}

at::Tensor TokenConvolution::forward(const at::Tensor& embeddings, const at::Tensor& layer_output,
                                     const SequenceStart& start) const {
  const std::int64_t tokens = embeddings.size(0);
  const std::int64_t size = embeddings.size(1) / groups_;
  const std::int64_t reach = kernel_ / 2;
  at::Tensor sum = layer_output;
  for (std::int64_t g = 0; g < groups_; ++g) {
    const at::Tensor channels = embeddings.narrow(1, g * size, size);
    at::Tensor windows =
        new_rows(tokens, kernel_ * size, embeddings.device()).zero_();  // [T, k * H / groups]
    for (std::size_t b = 0; b + 1 < start.size(); ++b)
      for (std::int64_t k = 0; k < kernel_; ++k) {
        const std::int64_t shift = k - reach;  // Column block k of token t is token t + shift.
        const std::int64_t first = std::max(start[b], start[b] - shift);
        const std::int64_t last = std::min(start[b + 1], start[b + 1] - shift);
        if (first >= last) continue;
        windows.narrow(0, first, last - first)
            .narrow(1, k * size, size)
            .copy_(channels.narrow(0, first + shift, last - first));
      }
    const at::Tensor output = projections_[static_cast<std::size_t>(g)].forward(windows);  // [T, H / groups]
    sum.narrow(1, g * size, size).add_(output);
  }
  return norm_->forward(sum, sum);
}

DebertaV2Stack::DebertaV2Stack(const WeightScope& w, const EncoderConfig& config) {
  const std::int64_t head_size = config.hidden_size / config.num_attention_heads;
  const int terms = 1 + (config.c2p ? 1 : 0) + (config.p2c ? 1 : 0);
  attention_.heads = config.num_attention_heads;
  attention_.scale = 1.0 / std::sqrt(static_cast<double>(head_size * terms));

  // The convolution takes its windows where the sequences lie.
  if (config.conv_kernel_size <= 0) tile_rows_ = attention_tile_rows(head_size, element_on_card(w.dtype()));

  at::Tensor relative_embeddings;
  if (config.relative_attention) {
    const std::int64_t max_positions =
        config.max_relative_positions < 1 ? config.max_position_embeddings : config.max_relative_positions;
    relative_ = std::make_shared<const RelativePositions>(config.position_buckets, max_positions);
    relative_embeddings = bind_relative_embeddings(w, config);
  } else if (config.norm_rel_ebd) {
    (w / "LayerNorm").not_needed("weight", "no relative attention");
    (w / "LayerNorm").not_needed("bias", "no relative attention");
  }
  if (config.conv_kernel_size > 0)
    convolution_ = register_module("conv", std::make_shared<TokenConvolution>(w / "conv", config));
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i)
    layers_.push_back(bind_layer(w, config, i, relative_embeddings));
}

at::Tensor DebertaV2Stack::bind_relative_embeddings(const WeightScope& w, const EncoderConfig& config) {
  const auto table = register_module(
      "rel_embeddings",
      std::make_shared<Embedding>(w / "rel_embeddings", 2 * relative_->span(), config.hidden_size));
  const at::Tensor plain = table->table();  // [2 * span, H]
  if (!config.norm_rel_ebd) return plain;
  const auto norm = register_module(
      "LayerNorm", std::make_shared<LayerNorm>(w / "LayerNorm", config.hidden_size, config.layer_norm_eps));
  return norm->forward(plain);
}

DebertaV2Stack::Layer DebertaV2Stack::bind_layer(const WeightScope& w, const EncoderConfig& config,
                                                 std::int64_t index, const at::Tensor& relative_embeddings) {
  const std::string name = fmt::format("layer.{}", index);
  const std::int64_t hidden = config.hidden_size;
  const std::vector<Linear::Part> projections = {
      {"query_proj", hidden}, {"key_proj", hidden}, {"value_proj", hidden}};
  Layer layer;
  layer.module = register_at(*this, name, std::make_shared<PostNormLayer>(w / name, config, projections));
  if (!relative_) return layer;

  at::Tensor key, query;  // [2 * span, H]
  if (config.share_att_key) {
    // In float32 whatever the layer's own dtype is: it is done once.
    const WeightScope exact = (w / (name + ".attention.self")).in(ComputeDtype::kFloat32);
    const at::Tensor qkv = w.dtype() == ComputeDtype::kFloat32
                               ? layer.module->query_key_value(relative_embeddings)
                               : Linear(exact, projections, hidden).forward(relative_embeddings);
    if (config.c2p) key = qkv.narrow(1, hidden, hidden);
    if (config.p2c) query = qkv.narrow(1, 0, hidden);
  } else {
    const auto project = [&](const std::string& projection) {
      const std::string path = name + ".attention.self." + projection;
      const auto linear = register_at(
          *this, path,
          std::make_shared<Linear>((w / path).in(ComputeDtype::kFloat32), hidden, hidden));  // Done once.
      return linear->forward(relative_embeddings);
    };
    if (config.c2p) key = project("pos_key_proj");
    if (config.p2c) query = project("pos_query_proj");
  }
  layer.positions = std::make_unique<PositionTables>(relative_, key, query, config.num_attention_heads,
                                                     element_on_card(w.dtype()));
  return layer;
}

at::Tensor DebertaV2Stack::forward(at::Tensor x, const SequenceStart& start, const EncoderReads& reads,
                                   at::Tensor low, const AttentionTiles* tiles) const {
  // The convolution behind the first layer mixes tokens.
  const bool mixes = convolution_ && layers_.size() == 1;
  const std::vector<std::int64_t>* tokens = mixes ? nullptr : reads.some_of(x.size(0));
  const at::Tensor embeddings = convolution_ ? x.clone() : at::Tensor();
  LayerBuffers buffers;
  buffers.low = std::move(low);
  AttentionOptions attention = attention_;
  attention.tiles = tiles;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    attention.positions = layers_[i].positions.get();
    const bool last = i + 1 == layers_.size();
    x = layers_[i].module->forward(x, start, attention, buffers, last ? tokens : nullptr);
    if (i == 0 && convolution_) {
      x = timed(Stage::kEncoderOther, [&] { return convolution_->forward(embeddings, x, start); });
      buffers.low.reset();  // It is no longer x.
    }
    if (reads.layers) reads.layers(x);
  }
  return tokens != nullptr ? put_rows(x, *tokens, start.back()) : x;
}

DebertaV2Encoder::DebertaV2Encoder(const WeightScope& w, const EncoderConfig& config, std::int64_t known_ids)
    : element_(element_on_card(w.dtype())) {
  bind_embeddings(w / "embeddings", config, known_ids);
  stack_ = register_module("encoder", std::make_shared<DebertaV2Stack>(w / "encoder", config));
}

void DebertaV2Encoder::bind_embeddings(const WeightScope& w, const EncoderConfig& config,
                                       std::int64_t known_ids) {
  const std::int64_t size = config.embedding_size > 0 ? config.embedding_size : config.hidden_size;
  const auto table = [&](const std::string& name, std::int64_t rows, std::int64_t known) {
    return register_at(*this, "embeddings." + name, std::make_shared<Embedding>(w / name, rows, size, known));
  };
  words_ = table("word_embeddings", kAnySize, known_ids);
  if (config.position_biased_input)
    positions_ = table("position_embeddings", config.max_position_embeddings, 0);
  if (config.type_vocab_size > 0) token_types_ = table("token_type_embeddings", config.type_vocab_size, 0);
  if (size != config.hidden_size)
    embedding_projection_ = register_at(*this, "embeddings.embed_proj",
                                        std::make_shared<Linear>(w / "embed_proj", size, config.hidden_size,
                                                                 Linear::Options{std::nullopt, false}));
  norm_ =
      register_at(*this, "embeddings.LayerNorm",
                  std::make_shared<LayerNorm>(w / "LayerNorm", config.hidden_size, config.layer_norm_eps));
  w.not_needed("position_ids", "a constant 0, 1, 2, ...");
  if (!config.position_biased_input)
    w.not_needed("position_embeddings.weight", "position_biased_input is false");
}

std::vector<std::int32_t> DebertaV2Encoder::positions(const std::vector<std::int32_t>&,
                                                      const SequenceStart& start) const {
  return positions_ ? places_in_sequences(start) : std::vector<std::int32_t>();
}

at::Tensor DebertaV2Encoder::embed(const TokenIds& ids, const SequenceStart& start) const {
  at::Tensor x = words_->forward(ids);  // [T, E]
  if (positions_ && ids.places)
    positions_->add_to(x, {{}, ids.places->positions});
  else if (positions_)
    positions_->add_to(x, places_in_sequences(start));
  if (token_types_) token_types_->add_one_to(x, 0);
  if (embedding_projection_) x = embedding_projection_->forward(x).to(at::kFloat);  // [T, H]
  return norm_->forward(x, x);
}

at::Tensor DebertaV2Encoder::forward(const TokenIds& ids, const SequenceStart& start,
                                     const EncoderReads& reads) const {
  const AttentionTiles* tiles = ids.places ? &ids.places->attention : nullptr;
  if (!words_->device().is_cpu() && !positions_ && !token_types_ && !embedding_projection_) {
    const LayerNorm::Sum normed = timed(Stage::kEmbedding, [&] {
      return norm_->forward_lookup(words_->table(), words_->device_ids(ids), element_);
    });
    return stack_->forward(normed.full, start, reads, normed.low, tiles);
  }
  at::Tensor x = timed(Stage::kEmbedding, [&] { return embed(ids, start); });  // [T, H]
  return stack_->forward(std::move(x), start, reads, /*low=*/{}, tiles);
}

}  // namespace gliner
