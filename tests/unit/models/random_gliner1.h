#pragma once

#include <ATen/ATen.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "../nn/checkpoint_bytes.h"
#include "models/gliner1_modules.h"

namespace gliner::testing {

/// A small GLiNER v1 model of random weights around a BERT, with the parts that its configuration names.
class RandomGliner1 {
 public:
  static constexpr std::int64_t kHidden = 16;
  static constexpr std::int64_t kTokens = 60;  // Of the vocabulary

  explicit RandomGliner1(Gliner1Config config) : config_(std::move(config)) {
    at::manual_seed(11);
    config_.hidden_size = kHidden;
    config_.max_width = 4;
    config_.encoder = bert();
    bind_encoder("token_rep_layer.bert_layer.model.");
    if (config_.has_labels_encoder) {
      config_.labels_encoder = bert();
      bind_encoder("token_rep_layer.labels_encoder.model.");
    } else if (config_.rnn_layers > 0) {
      lstm("rnn.lstm.", kHidden, kHidden / 2);
    }
    if (config_.fuse_layers) {
      const std::string fuser = "token_rep_layer.bert_layer.layers_fuser.";
      linear(fuser + "squeeze", kHidden, 1);
      linear(fuser + "W1", kLayers, kLayers / 2);
      linear(fuser + "W2", kLayers / 2, kLayers);
      linear(fuser + "output_projection", kHidden, kHidden);
    }
    if (!config_.fusion.empty()) bind_fuser();
    if (config_.token_level()) {
      linear("scorer.proj_token", kHidden, 2 * kHidden);
      linear("scorer.proj_label", kHidden, 2 * kHidden);
      linear("scorer.out_mlp.0", 3 * kHidden, 4 * kHidden);
      linear("scorer.out_mlp.3", 4 * kHidden, 3);
    }
    if (!config_.token_level() || config_.relations) bind_spans();
    if (config_.relations) {
      if (config_.relations->layer == "bilinear")
        linear("relations_rep_layer.relation_rep_layer.proj", kHidden, kHidden);
      projection_layer("pair_rep_layer", 2 * kHidden);
    }
    const std::string path = folder_.write("model.safetensors", checkpoint_bytes(entries_));
    TokenizerSizes sizes;
    sizes.text = sizes.labels = kTokens;
    LoadOptions options;
    options.threads = 2;
    model_ = load_gliner1(path, config_, *config_.encoder, sizes, options);
  }

  const Gliner1Model& model() const { return static_cast<const Gliner1Model&>(*model_); }
  const Gliner1Config& config() const { return config_; }

 private:
  static constexpr std::int64_t kLayers = 2;

  static EncoderConfig bert() {
    EncoderConfig config;
    config.model_type = "bert";
    config.vocab_size = kTokens;
    config.hidden_size = kHidden;
    config.num_hidden_layers = kLayers;
    config.num_attention_heads = 2;
    config.intermediate_size = 2 * kHidden;
    config.max_position_embeddings = 400;
    config.type_vocab_size = 2;
    return config;
  }

  void add(const std::string& name, at::IntArrayRef shape, double scale = 0.3) {
    entries_[name] = entry_of(at::randn(shape) * scale);
  }
  void linear(const std::string& name, std::int64_t in, std::int64_t out, double scale = 0.3) {
    add(name + ".weight", {out, in}, scale);
    add(name + ".bias", {out});
  }
  void norm(const std::string& name) {
    entries_[name + ".weight"] = entry_of(1 + at::randn({kHidden}) * 0.1);
    add(name + ".bias", {kHidden});
  }
  void projection_layer(const std::string& name, std::int64_t in) {
    linear(name + ".0", in, 4 * kHidden, 0.15);  // Small, so that scores are neither 0 nor 1.
    linear(name + ".3", 4 * kHidden, kHidden, 0.15);
  }
  void lstm(const std::string& name, std::int64_t in, std::int64_t size) {
    for (const char* direction : {"", "_reverse"}) {
      add(name + "weight_ih_l0" + direction, {4 * size, in});
      add(name + "weight_hh_l0" + direction, {4 * size, size});
      add(name + "bias_ih_l0" + direction, {4 * size});
      add(name + "bias_hh_l0" + direction, {4 * size});
    }
  }
  void bind_encoder(const std::string& name) {
    add(name + "embeddings.word_embeddings.weight", {kTokens, kHidden}, 1);
    add(name + "embeddings.position_embeddings.weight", {400, kHidden});
    add(name + "embeddings.token_type_embeddings.weight", {2, kHidden});
    norm(name + "embeddings.LayerNorm");
    for (std::int64_t i = 0; i < kLayers; ++i) {
      const std::string layer = name + "encoder.layer." + std::to_string(i) + ".";
      for (const char* part : {"query", "key", "value"})
        linear(layer + "attention.self." + part, kHidden, kHidden);
      linear(layer + "attention.output.dense", kHidden, kHidden);
      norm(layer + "attention.output.LayerNorm");
      linear(layer + "intermediate.dense", kHidden, 2 * kHidden);
      linear(layer + "output.dense", 2 * kHidden, kHidden);
      norm(layer + "output.LayerNorm");
    }
  }
  void bind_fuser() {
    for (std::size_t i = 0; i < config_.fusion.size(); ++i) {
      const std::string block = "cross_fuser.layers.0." + std::to_string(i) + ".";
      const bool own_side = config_.fusion[i] == "l2l" || config_.fusion[i] == "t2t";
      norm(block + "pre_norm");
      norm(block + "post_norm");
      linear(block + "v_proj", kHidden, kHidden);
      if (own_side) {
        linear(block + "q_proj", kHidden, kHidden);
        linear(block + "k_proj", kHidden, kHidden);
      }
      const std::string attention = block + (own_side ? "self_attn." : "cross_attn.");
      for (const char* part : {"query_layer", "key_layer", "value_layer"})
        linear(attention + part, kHidden, kHidden);
    }
  }
  void bind_spans() {
    const std::string name = "span_rep_layer.span_rep_layer.";
    const bool has_context =
        config_.span_mode == SpanMode::kMarkerV1 || config_.span_mode == SpanMode::kMarkerV2;
    projection_layer(name + "project_start", kHidden);
    projection_layer(name + "project_end", kHidden);
    if (config_.span_mode == SpanMode::kMarkerV1) projection_layer(name + "project_first", kHidden);
    if (config_.span_mode == SpanMode::kMarkerV2) projection_layer(name + "project_context", kHidden);
    projection_layer(name + "out_project", (has_context ? 3 : 2) * kHidden);
    projection_layer("prompt_rep_layer", kHidden);
    if (!config_.span_context) return;
    lstm("span_rep_layer.context_encoder.encoder.", kHidden, kHidden / 2);
  }

  Gliner1Config config_;
  TempFolder folder_;
  Entries entries_;
  std::unique_ptr<const SpanModel> model_;
};

/// Texts of random tokens. `labels`: of each text; with a label encoder in a set of their own, `sets` of
/// them.
inline SpanBatch random_span_batch(const Gliner1Config& config, int texts, unsigned seed, int labels = 4,
                                   int sets = 1) {
  std::mt19937 random(seed);
  const auto up_to = [&random](int most) { return std::uniform_int_distribution<int>(0, most)(random); };
  at::manual_seed(seed);
  std::vector<std::shared_ptr<const LabelMatrix>> matrices;
  for (int set = 0; set < sets; ++set) {
    const at::Tensor vectors = at::randn({labels + set, config.hidden_size});
    LabelMatrix matrix{config.hidden_size, {}};
    matrix.values.assign(vectors.data_ptr<float>(), vectors.data_ptr<float>() + vectors.numel());
    matrices.push_back(std::make_shared<const LabelMatrix>(std::move(matrix)));
  }
  SpanBatch batch;
  for (int s = 0; s < texts; ++s) {
    SpanSequence sequence;
    sequence.token_begin = static_cast<std::int32_t>(batch.ids.size());
    const int tokens = 2 * labels + 1 + up_to(80);
    for (int t = 0; t < tokens; ++t)
      batch.ids.push_back(up_to(static_cast<int>(testing::RandomGliner1::kTokens) - 1));
    sequence.token_end = static_cast<std::int32_t>(batch.ids.size());
    sequence.encoded_tokens = tokens;
    if (config.has_labels_encoder) {
      sequence.label_matrix = matrices[static_cast<std::size_t>(s) % matrices.size()];
      sequence.classes = static_cast<std::int32_t>(sequence.label_matrix->rows());
    } else {
      for (int l = 0; l < labels; ++l) sequence.labels.push_back(sequence.token_begin + 2 * l);
      sequence.classes = labels;
    }
    sequence.thresholds.assign(static_cast<std::size_t>(sequence.classes), 0.5);
    if (config.relations) {
      sequence.relations = {sequence.token_begin + 1, sequence.token_begin + 3, sequence.token_begin + 5};
      sequence.relation_classes = 3;
      sequence.relation_thresholds = {0.4, 0.5, 0.6};
    }
    for (std::int32_t t = sequence.token_begin + 2 * labels; t < sequence.token_end;) {
      const std::int32_t end = std::min(t + 1 + up_to(2), sequence.token_end);
      sequence.words.push_back({t, end});
      t = end;
    }
    batch.sequences.push_back(std::move(sequence));
  }
  return batch;
}

}  // namespace gliner::testing
