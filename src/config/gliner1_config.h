#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/encoder_config.h"

namespace gliner {

/// Which tokens of a word make its vector (gliner/config.py, SUBTOKEN_POOLING_MODES).
enum class SubtokenPooling { kFirst, kLast, kMean, kMax };

/// How spans become vectors (gliner/modeling/span_rep.py); kTokenLevel has none and scores words instead.
enum class SpanMode {
  kMarker,
  kMarkerV0,
  kMarkerV1,
  kMarkerV2,
  kQuery,
  kMlp,
  kCat,
  kConvConv,
  kConvMax,
  kConvMean,
  kConvSum,
  kConvShare,
  kTokenLevel,
};

/// A second encoder over the words in front of the span layer (gliner/modeling/context_encoders.py).
struct ContextEncoderConfig {
  enum class Kind { kTransformer, kRnn };
  Kind kind = Kind::kTransformer;
  EncoderConfig encoder;  ///< kTransformer: DeBERTa-v2 or ModernBERT.
  std::int64_t hidden_size = 0;
  std::int64_t num_layers = 1;  ///< kRnn
  bool bidirectional = true;    ///< kRnn
};

/// The label-generating decoder.
struct LabelDecoderConfig {
  enum class Mode { kSpan, kPrompt };
  Mode mode = Mode::kSpan;
  bool full_context = true;  ///< The span's own tokens stand in front of its vector's place.
  EncoderConfig decoder;     ///< GPT-2
};

/// Relations between entities.
struct RelationConfig {
  std::string layer;    ///< "dot", "mlp", "attention", "bilinear", "gcn", "gat" or "none": every pair.
  std::string triples;  ///< Triple scorer by its name in the reference; empty: a scored pair vector.
  std::string token = "<<REL>>";
  std::int64_t token_index = -1;  ///< Its id; -1: the last one of the tokenizer.
  bool embed_token = true;        ///< A relation's vector is its marker's, else that of the token behind it.
};

/// The causal backbone with a label encoder of its own (gliner/config.py, StreamingSpanConfig).
struct StreamingConfig {
  ContextEncoderConfig labels;
  std::string label_token = "<<LABEL>>";
  std::int64_t sep_token_index = -1;
  std::int64_t right_context_width = 0;          ///< Words behind a span that may still change its score.
  std::optional<std::int64_t> max_cache_length;  ///< Words a session remembers; absent: all.
};

/// A GLiNER v1 checkpoint's gliner_config.json (gliner/config.py). Which parts are there decides the
/// architecture (gliner/model.py, _get_gliner_class); `model_type` in the file counts for streaming only.
struct Gliner1Config {
  std::string model_name;
  std::int64_t max_width = 12;  ///< K
  std::int64_t hidden_size = 512;
  std::int64_t max_len = 384;  ///< Words of a text; the rest is cut.
  SubtokenPooling pooling = SubtokenPooling::kFirst;
  SpanMode span_mode = SpanMode::kMarkerV0;
  std::int64_t rnn_layers = 1;
  bool fuse_layers = false;
  bool embed_ent_token = true;  ///< A label's vector is its marker's, else that of the token behind it.
  std::string ent_token = "<<ENT>>";
  std::string sep_token = "<<SEP>>";
  std::int64_t class_token_index = -1;  ///< Id of ent_token.
  std::int64_t vocab_size = -1;
  bool represent_spans = false;     ///< Token models: predicted spans are scored a second time.
  std::vector<std::string> fusion;  ///< Steps of the bi-encoder's cross fuser: "l2l", "l2t", "t2t", "t2l".
  std::int64_t fusion_layers = 1;

  std::optional<EncoderConfig> encoder;  ///< Absent: the encoder's own config.json must be at hand.
  std::optional<ContextEncoderConfig> span_context;
  std::optional<EncoderConfig> labels_encoder;  ///< Bi-encoder
  bool has_labels_encoder = false;              ///< Bi-encoder, even without labels_encoder's configuration.
  std::optional<LabelDecoderConfig> decoder;
  std::optional<RelationConfig> relations;
  std::optional<StreamingConfig> streaming;

  bool token_level() const { return span_mode == SpanMode::kTokenLevel; }
  /// The reference adds its markers to the tokenizer itself, and finds their ids there, when one is unknown.
  bool adds_tokens() const { return class_token_index == -1 || vocab_size == -1; }
};

/// Reads gliner_config.json. Kinds that are not supported (other word splitters, backbones, frozen prompts)
/// and values that are none are ModelErrors that name the key.
Gliner1Config parse_gliner1_config(std::string_view json, const std::string& path);

/// "gliner1-span", "gliner1-bi-token", "gliner1-span-relex", ...: the reference's class in this engine's
/// words.
std::string architecture_name(const Gliner1Config& config);

/// The reference's name of a span mode: "markerV0".
const char* span_mode_name(SpanMode mode);

}  // namespace gliner
