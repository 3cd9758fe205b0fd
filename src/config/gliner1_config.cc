#include "config/gliner1_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

#include "config/json_fields.h"
#include "config/read_encoder_config.h"
#include "gliner/error.h"

namespace gliner {
namespace {

constexpr std::int64_t kMaxSize = std::int64_t{1} << 20;
constexpr std::int64_t kMaxLayers = 1024;
constexpr std::int64_t kMaxMaxWidth = 1024;
constexpr std::int64_t kMaxIndex = std::int64_t{1} << 27;

constexpr std::array<std::pair<const char*, SpanMode>, 13> kSpanModes = {
    {{"marker", SpanMode::kMarker},
     {"markerV0", SpanMode::kMarkerV0},
     {"markerV1", SpanMode::kMarkerV1},
     {"markerV2", SpanMode::kMarkerV2},
     {"query", SpanMode::kQuery},
     {"mlp", SpanMode::kMlp},
     {"cat", SpanMode::kCat},
     {"conv_conv", SpanMode::kConvConv},
     {"conv_max", SpanMode::kConvMax},
     {"conv_mean", SpanMode::kConvMean},
     {"conv_sum", SpanMode::kConvSum},
     {"conv_share", SpanMode::kConvShare},
     {"token_level", SpanMode::kTokenLevel}}};

constexpr std::array<std::pair<const char*, SubtokenPooling>, 4> kPoolings = {
    {{"first", SubtokenPooling::kFirst},
     {"last", SubtokenPooling::kLast},
     {"mean", SubtokenPooling::kMean},
     {"max", SubtokenPooling::kMax}}};

constexpr std::array<const char*, 7> kRelationLayers = {"dot", "mlp", "attention", "bilinear",
                                                        "gcn", "gat", "none"};

constexpr std::array<const char*, 4> kFusionSteps = {"l2l", "l2t", "t2t", "t2l"};

template <typename Table>
auto choose(const JsonFields& fields, const char* key, const char* fallback, const Table& table) {
  const std::string name = fields.text(key, fallback);
  std::string known;
  for (const auto& [known_name, value] : table) {
    if (name == known_name) return value;
    known += (known.empty() ? "" : ", ") + std::string(known_name);
  }
  fields.refuse(key, "one of " + known);
}

/// A null value is the default, as the files of older releases have it.
std::int64_t integer_or_null(const JsonFields& fields, const char* key, std::int64_t fallback,
                             std::int64_t min, std::int64_t max) {
  return fields.has(key) ? fields.integer(key, fallback, min, max) : fallback;
}

bool boolean_or_null(const JsonFields& fields, const char* key, bool fallback) {
  return fields.has(key) ? fields.boolean(key, fallback) : fallback;
}

std::string text_or_null(const JsonFields& fields, const char* key, const std::string& fallback) {
  return fields.has(key) ? fields.text(key, fallback) : fallback;
}

/// The reference fills in a model_type that is absent.
EncoderConfig nested_encoder(const JsonFields& fields, const char* key, const char* default_type) {
  Json object = fields.object(key).json();
  if (!object.contains("model_type") || object.at("model_type").is_null()) {
    object["model_type"] = default_type;
  }
  return read_encoder_config(object, fields.where() + ": " + key);
}

/// config.py, _default_num_attention_heads.
std::int64_t default_heads(std::int64_t hidden_size) {
  std::int64_t heads = std::max<std::int64_t>(1, hidden_size / 64);
  while (hidden_size % heads != 0) --heads;
  return heads;
}

/// config.py, normalize_context_encoder_config: a short form gets its defaults from the model around it.
ContextEncoderConfig context_encoder(const JsonFields& fields, const char* key, std::int64_t hidden_size,
                                     std::int64_t default_layers) {
  Json object = fields.find(key) == nullptr ? Json{{"model_type", "deberta-v2"}} : fields.object(key).json();
  const std::string where = fields.where() + ": " + key;
  const JsonFields own(object, where);
  const std::string kind = own.text("model_type", "");
  ContextEncoderConfig config;
  config.hidden_size = integer_or_null(own, "hidden_size", hidden_size, 1, kMaxSize);
  config.num_layers = integer_or_null(own, "num_hidden_layers", default_layers, 1, kMaxLayers);
  if (kind == "rnn") {
    config.kind = ContextEncoderConfig::Kind::kRnn;
    config.bidirectional = boolean_or_null(own, "bidirectional", true);
    if (config.bidirectional && config.hidden_size % 2 != 0) own.refuse("hidden_size", "an even number");
    if (text_or_null(own, "rnn_type", "lstm") != "lstm") own.refuse("rnn_type", "lstm");
    return config;
  }
  if (kind != "deberta-v2" && kind != "modernbert") {
    own.refuse("model_type", "deberta-v2, modernbert or rnn");
  }
  const auto fill = [&object](const char* name, const Json& value) {
    if (!object.contains(name)) object[name] = value;
  };
  fill("hidden_size", config.hidden_size);
  fill("num_hidden_layers", config.num_layers);
  fill("num_attention_heads", default_heads(config.hidden_size));
  fill("intermediate_size", config.hidden_size * 4);
  if (kind == "deberta-v2") {
    fill("relative_attention", true);
    fill("pos_att_type", Json::array({"p2c", "c2p"}));
    fill("max_relative_positions", 512);
  } else {
    fill("vocab_size", 1);
    fill("pad_token_id", 0);
  }
  config.encoder = read_encoder_config(object, where);
  return config;
}

void read_fusion(const JsonFields& fields, Gliner1Config& config) {
  const std::string schema = text_or_null(fields, "post_fusion_schema", "");
  config.fusion_layers = integer_or_null(fields, "num_post_fusion_layers", 1, 1, kMaxLayers);
  for (std::size_t begin = 0; !schema.empty() && begin <= schema.size();) {
    const std::size_t end = std::min(schema.find('-', begin), schema.size());
    const std::string step = schema.substr(begin, end - begin);
    if (std::find(kFusionSteps.begin(), kFusionSteps.end(), step) == kFusionSteps.end()) {
      fields.refuse("post_fusion_schema", "steps l2l, l2t, t2t and t2l with dashes between them");
    }
    config.fusion.push_back(step);
    begin = end + 1;
  }
}

void read_relations(const JsonFields& fields, Gliner1Config& config) {
  RelationConfig relations;
  relations.layer = fields.text("relations_layer", "");
  if (std::find(kRelationLayers.begin(), kRelationLayers.end(), relations.layer) == kRelationLayers.end()) {
    fields.refuse("relations_layer", "dot, mlp, attention, bilinear, gcn, gat or none");
  }
  relations.triples = text_or_null(fields, "triples_layer", "");
  relations.token = text_or_null(fields, "rel_token", relations.token);
  relations.token_index = integer_or_null(fields, "rel_token_index", -1, -1, kMaxIndex);
  relations.embed_token = boolean_or_null(fields, "embed_rel_token", true);
  config.relations = relations;
}

void read_decoder(const JsonFields& fields, Gliner1Config& config) {
  LabelDecoderConfig decoder;
  const std::string mode = text_or_null(fields, "decoder_mode", "");
  if (mode == "prompt") {
    decoder.mode = LabelDecoderConfig::Mode::kPrompt;
  } else if (mode != "span") {
    fields.refuse("decoder_mode", "span or prompt");
  }
  decoder.full_context = boolean_or_null(fields, "full_decoder_context", true);
  decoder.decoder = nested_encoder(fields, "labels_decoder_config", "gpt2");
  if (config.token_level()) config.represent_spans = true;  // UniEncoderTokenDecoderConfig
  config.decoder = decoder;
}

void read_streaming(const JsonFields& fields, Gliner1Config& config) {
  StreamingConfig streaming;
  const char* key = fields.has("decoder_config") ? "decoder_config" : "labels_decoder_config";
  config.encoder = nested_encoder(fields, key, "gpt2");
  streaming.labels = context_encoder(fields, "labels_encoder_config", config.hidden_size, 2);
  streaming.label_token = text_or_null(fields, "label_token", streaming.label_token);
  streaming.sep_token_index = integer_or_null(fields, "sep_token_index", -1, -1, kMaxIndex);
  streaming.right_context_width =
      integer_or_null(fields, "right_context_width", config.max_width, 0, kMaxSize);
  if (fields.has("max_cache_length")) {
    streaming.max_cache_length = fields.integer("max_cache_length", 1, 1, kMaxIndex);
  }
  config.streaming = streaming;
}

/// Settings that would change the answers and that nothing here computes.
void refuse_unsupported(const JsonFields& fields) {
  if (text_or_null(fields, "words_splitter_type", "whitespace") != "whitespace") {
    fields.refuse("words_splitter_type", "whitespace, the supported word splitter");
  }
  if (boolean_or_null(fields, "precomputed_prompts_mode", false)) {
    fields.refuse("precomputed_prompts_mode", "false: checkpoints with frozen prompts are not supported");
  }
}

}  // namespace

Gliner1Config parse_gliner1_config(std::string_view json, const std::string& path) {
  const Json root = parse_json_file(json, path);
  const JsonFields fields(root, path);
  refuse_unsupported(fields);
  const bool streaming = text_or_null(fields, "model_type", "") == "gliner_streaming_span";
  Gliner1Config config;
  config.model_name = text_or_null(fields, "model_name", "");
  config.max_width = integer_or_null(fields, "max_width", config.max_width, 1, kMaxMaxWidth);
  config.hidden_size = integer_or_null(fields, "hidden_size", config.hidden_size, 1, kMaxSize);
  config.max_len = integer_or_null(fields, "max_len", config.max_len, 1, kMaxIndex);
  config.pooling = choose(fields, "subtoken_pooling", "first", kPoolings);
  config.span_mode = choose(fields, "span_mode", streaming ? "markerV2" : "markerV0", kSpanModes);
  config.rnn_layers = integer_or_null(fields, "num_rnn_layers", streaming ? 0 : 1, 0, kMaxLayers);
  config.fuse_layers = boolean_or_null(fields, "fuse_layers", false);
  config.embed_ent_token = boolean_or_null(fields, "embed_ent_token", true);
  config.ent_token = text_or_null(fields, "ent_token", config.ent_token);
  config.sep_token = text_or_null(fields, "sep_token", config.sep_token);
  config.class_token_index = integer_or_null(fields, "class_token_index", -1, -1, kMaxIndex);
  config.vocab_size = integer_or_null(fields, "vocab_size", -1, -1, kMaxIndex);
  config.represent_spans = boolean_or_null(fields, "represent_spans", false);
  if (config.rnn_layers > 0 && config.hidden_size % 2 != 0) fields.refuse("hidden_size", "an even number");
  read_fusion(fields, config);
  if (fields.has("span_encoder_config")) {
    config.span_context = context_encoder(fields, "span_encoder_config", config.hidden_size, 1);
  }
  if (streaming) {
    read_streaming(fields, config);
    return config;
  }
  if (fields.has("encoder_config")) config.encoder = nested_encoder(fields, "encoder_config", "deberta-v2");
  // The order of model.py, _get_gliner_class.
  if (fields.has("relations_layer")) {
    read_relations(fields, config);
  } else if (!text_or_null(fields, "labels_decoder", "").empty()) {
    read_decoder(fields, config);
  } else if (!text_or_null(fields, "labels_encoder", "").empty()) {
    config.has_labels_encoder = true;
    if (fields.has("labels_encoder_config")) {
      config.labels_encoder = nested_encoder(fields, "labels_encoder_config", "deberta-v2");
    }
  }
  return config;
}

std::string architecture_name(const Gliner1Config& config) {
  if (config.streaming) return "gliner1-streaming-span";
  std::string name = "gliner1";
  if (config.has_labels_encoder) name += "-bi";
  name += config.token_level() ? "-token" : "-span";
  if (config.relations) name += "-relex";
  if (config.decoder) name += "-decoder";
  return name;
}

const char* span_mode_name(SpanMode mode) {
  for (const auto& [name, value] : kSpanModes) {
    if (value == mode) return name;
  }
  return "";
}

}  // namespace gliner
