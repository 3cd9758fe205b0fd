#include "models/gliner1_modules.h"

#include <ATen/ATen.h>
#include <string>

#include "base/stage_timer.h"
#include "heads/label_pooling.h"
#include "heads/projection_layer.h"
#include "nn/module_path.h"

namespace gliner {

Gliner1Modules::Gliner1Modules(const WeightScope& w, const Gliner1Config& config,
                               const EncoderConfig& encoder_config, const TokenizerSizes& sizes) {
  if (config.streaming) {
    bind_streaming(w, config, encoder_config, sizes);
  } else {
    bind_encoder(w, config, encoder_config, sizes);
  }
  if (config.has_labels_encoder) bind_labels(w, config, sizes);
  const WeightScope exact = w.in(ComputeDtype::kFloat32);
  bind_words(exact, config, encoder_config.num_attention_heads);
  bind_heads(exact, w.device().is_cpu() ? exact : w, config);
  if (config.relations) bind_relations(exact, config);
  if (config.decoder) bind_decoder(exact, config, sizes);
}

void Gliner1Modules::bind_encoder(const WeightScope& w, const Gliner1Config& config,
                                  const EncoderConfig& encoder_config, const TokenizerSizes& sizes) {
  const std::string name = "token_rep_layer.bert_layer.model";
  encoder = register_at(*this, name, make_encoder(w / name, encoder_config, sizes.text));
  if (config.fuse_layers) {
    const std::string path = "token_rep_layer.bert_layer.layers_fuser";
    layers_fuser = register_at(*this, path,
                               std::make_shared<LayersFuser>(w / path, encoder_config.num_hidden_layers,
                                                             encoder_config.hidden_size));
  }
  if (encoder_config.hidden_size != config.hidden_size) {
    const std::string path = "token_rep_layer.projection";
    projection = register_at(
        *this, path, std::make_shared<Linear>(w / path, encoder_config.hidden_size, config.hidden_size));
  }
}

void Gliner1Modules::bind_streaming(const WeightScope& w, const Gliner1Config& config,
                                    const EncoderConfig& backbone_config, const TokenizerSizes& sizes) {
  const std::string name = "token_rep_layer.decoder_layer.model";
  backbone = register_at(*this, name, make_causal_model(w / name, backbone_config, sizes.text));
  if (backbone_config.hidden_size != config.hidden_size) {
    token_projection = register_module(
        "token_projection",
        std::make_shared<Linear>(w / "token_projection", backbone_config.hidden_size, config.hidden_size));
  }
  const std::string path = "labels_encoder.encoder";
  prompt_context = register_at(
      *this, path, std::make_shared<ContextEncoder>(w / path, config.streaming->labels, config.hidden_size));
}

void Gliner1Modules::bind_labels(const WeightScope& w, const Gliner1Config& config,
                                 const TokenizerSizes& sizes) {
  const std::string name = "token_rep_layer.labels_encoder.model";
  labels_encoder = register_at(*this, name, make_encoder(w / name, *config.labels_encoder, sizes.labels));
  if (config.fuse_layers) {
    const std::string path = "token_rep_layer.labels_encoder.layers_fuser";
    labels_fuser =
        register_at(*this, path,
                    std::make_shared<LayersFuser>(w / path, config.labels_encoder->num_hidden_layers,
                                                  config.labels_encoder->hidden_size));
  }
  if (config.labels_encoder->hidden_size != config.hidden_size) {
    const std::string path = "token_rep_layer.labels_projection";
    labels_projection = register_at(
        *this, path,
        std::make_shared<Linear>(w / path, config.labels_encoder->hidden_size, config.hidden_size));
  }
}

void Gliner1Modules::bind_words(const WeightScope& w, const Gliner1Config& config,
                                std::int64_t encoder_heads) {
  const char* kLstm = "rnn.lstm";
  const char* kFuser = "cross_fuser";
  if (config.has_labels_encoder) {
    w.not_needed_below(kLstm, "a bi-encoder stores its LSTM and never applies it");
  } else if (config.rnn_layers > 0) {
    rnn = register_at(*this, kLstm,
                      std::make_shared<Lstm>(w / kLstm, config.hidden_size, config.hidden_size / 2,
                                             Lstm::Options{config.rnn_layers, /*bidirectional=*/true}));
  }
  if (config.fusion.empty()) return;
  if (!config.has_labels_encoder) {
    w.not_needed_below(kFuser, "only bi-encoders apply their cross fuser");
    return;
  }
  cross_fuser =
      register_module(kFuser, std::make_shared<CrossFuser>(w / kFuser, config.fusion, config.fusion_layers,
                                                           config.hidden_size, encoder_heads));
}

void Gliner1Modules::bind_heads(const WeightScope& w, const WeightScope& fast, const Gliner1Config& config) {
  const std::int64_t hidden = config.hidden_size;
  if (config.token_level()) {
    token_scorer = register_module("scorer", std::make_shared<TokenScorer>(w / "scorer", hidden));
  }
  if (!config.token_level() || config.represent_spans || config.relations) {
    const std::string name = "span_rep_layer.span_rep_layer";
    // What these do for every word is products; what they sum up to stays in float32.
    const bool from_ends = config.span_mode == SpanMode::kMarkerV0 ||
                           config.span_mode == SpanMode::kMarkerV1 || config.span_mode == SpanMode::kMarkerV2;
    span_layer = register_at(*this, name,
                             make_span_layer((from_ends ? fast : w) / name, span_mode_name(config.span_mode),
                                             hidden, config.max_width));
  }
  if (config.span_context) {
    const std::string path = "span_rep_layer.context_encoder";
    span_context =
        register_at(*this, path, std::make_shared<ContextEncoder>(w / path, *config.span_context, hidden));
  }
  if (config.token_level() && !config.relations) {
    w.not_needed_below("prompt_rep_layer", "token models compare words with the labels' own states");
  } else {
    prompt_projection =
        register_module("prompt_rep_layer", make_projection_layer(w, "prompt_rep_layer", hidden, hidden));
  }
}

void Gliner1Modules::bind_relations(const WeightScope& w, const Gliner1Config& config) {
  const RelationConfig& relations = *config.relations;
  const std::string path = "relations_rep_layer.relation_rep_layer";
  if (relations.layer != "none") {
    adjacency =
        register_at(*this, path, make_entity_adjacency(w / path, relations.layer, config.hidden_size));
  }
  const char* name = relations.triples.empty() ? "pair_rep_layer" : "triples_score_layer";
  relation_scorer = register_module(name, make_relation_scorer(w, relations.triples, config.hidden_size));
}

void Gliner1Modules::bind_decoder(const WeightScope& w, const Gliner1Config& config,
                                  const TokenizerSizes& sizes) {
  const std::string name = "decoder.decoder_layer.model";
  const EncoderConfig& decoder = config.decoder->decoder;
  label_decoder = register_at(*this, name, std::make_shared<LabelDecoder>(w / name, decoder, sizes.decoder));
  if (decoder.hidden_size != config.hidden_size) {
    decoder_projection = register_module(
        "_enc2dec_proj", make_projection_layer(w, "_enc2dec_proj", config.hidden_size, decoder.hidden_size));
  }
}

at::Tensor Gliner1Modules::encode_labels(const std::vector<std::int32_t>& ids,
                                         const SequenceStart& start) const {
  at::Tensor tokens = labels_fuser ? labels_fuser->forward(*labels_encoder, ids, start)
                                   : labels_encoder->forward(ids, start);  // [T, H of the encoder]
  if (labels_projection) tokens = labels_projection->forward(tokens).to(at::kFloat);
  return mean_of_sequences(tokens, start);
}

at::Tensor Gliner1Modules::encode_text(const TokenIds& ids, const SequenceStart& start,
                                       const Padding& padding, const std::vector<std::int64_t>* read) const {
  if (backbone) {
    const at::Tensor states =
        backbone->forward(backbone->embed(ids.host), start, {});  // [T, H of the backbone]
    return token_projection ? token_projection->forward(states).to(at::kFloat) : states;
  }
  // [T, H of the encoder]
  const at::Tensor tokens =
      layers_fuser ? layers_fuser->forward_padded(*encoder, ids.host, start, padding.tokens, padding.pad_id)
                   : encoder->forward(ids, start, {{}, read});
  return projection ? projection->forward(tokens).to(at::kFloat) : tokens;
}

void Gliner1Modules::fuse(at::Tensor& labels, at::Tensor& words, const std::vector<RowRange>& label_rows,
                          const SequenceStart& word_start) const {
  SequenceStart label_start = {0};
  for (const RowRange& rows : label_rows) label_start.push_back(rows.end);
  const CrossFuser::Sides sides = cross_fuser->forward({labels, words}, label_start, word_start);
  labels = sides.labels;
  words = sides.words;
}

SpanQueries Gliner1Modules::prepare_labels(const at::Tensor& vectors, bool shared) const {
  const StageTimer timer(Stage::kSpanVectors);
  const at::Tensor projected =
      prompt_projection && vectors.size(0) > 0 ? prompt_projection->forward(vectors) : vectors;  // [P, H]
  if (token_scorer) return {projected, {}, {}, nullptr};
  return span_layer->prepare(projected, shared);
}

std::int64_t Gliner1Modules::max_sequence_tokens() const {
  return backbone ? backbone->max_sequence_tokens() : encoder->max_sequence_tokens();
}

std::int64_t Gliner1Modules::vocab_size() const {
  return backbone ? backbone->vocab_size() : encoder->vocab_size();
}

}  // namespace gliner
