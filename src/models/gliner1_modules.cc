#include "models/gliner1_modules.h"

#include <ATen/ATen.h>

#include <string>

#include "heads/projection_layer.h"
#include "nn/module_path.h"

namespace gliner {

Gliner1Modules::Gliner1Modules(const WeightScope& w, const Gliner1Config& config,
                               const EncoderConfig& encoder_config, const TokenizerSizes& sizes) {
  bind_encoder(w, config, encoder_config, sizes);
  bind_words(w, config);
  bind_heads(w, config);
}

void Gliner1Modules::bind_encoder(const WeightScope& w, const Gliner1Config& config,
                                  const EncoderConfig& encoder_config, const TokenizerSizes& sizes) {
  const std::string name = "token_rep_layer.bert_layer.model";
  encoder = register_at(*this, name, make_encoder(w / name, encoder_config, sizes.text));
  if (encoder_config.hidden_size != config.hidden_size) {
    const std::string path = "token_rep_layer.projection";
    projection = register_at(
        *this, path, std::make_shared<Linear>(w / path, encoder_config.hidden_size, config.hidden_size));
  }
}

void Gliner1Modules::bind_words(const WeightScope& w, const Gliner1Config& config) {
  const char* kLstm = "rnn.lstm";
  if (config.has_labels_encoder) {
    w.not_needed_below(kLstm, "a bi-encoder stores its LSTM and never applies it");
  } else if (config.rnn_layers > 0) {
    rnn = register_at(*this, kLstm,
                      std::make_shared<Lstm>(w / kLstm, config.hidden_size, config.hidden_size / 2,
                                             Lstm::Options{config.rnn_layers, /*bidirectional=*/true}));
  }
  if (!config.has_labels_encoder) {
    w.not_needed_below("cross_fuser", "only bi-encoders apply their cross fuser");
  }
}

void Gliner1Modules::bind_heads(const WeightScope& w, const Gliner1Config& config) {
  const std::int64_t hidden = config.hidden_size;
  if (config.token_level()) {
    token_scorer = register_module("scorer", std::make_shared<TokenScorer>(w / "scorer", hidden));
  }
  if (!config.token_level() || config.represent_spans || config.relations) {
    const std::string name = "span_rep_layer.span_rep_layer";
    span_layer = register_at(
        *this, name, make_span_layer(w / name, span_mode_name(config.span_mode), hidden, config.max_width));
  }
  if (!config.token_level() || config.relations) {
    prompt_projection =
        register_module("prompt_rep_layer", make_projection_layer(w, "prompt_rep_layer", hidden, hidden));
  }
}

at::Tensor Gliner1Modules::encode_text(const std::vector<std::int32_t>& ids,
                                       const SequenceStart& start) const {
  const at::Tensor tokens = encoder->forward(ids, start);  // [T, H of the encoder]
  return projection ? projection->forward(tokens) : tokens;
}

}  // namespace gliner
