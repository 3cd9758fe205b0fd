// Keys, defaults and rules are those of transformers' configuration classes, named at each reader below. A
// setting that would change the numbers and that the encoders here do not compute is refused, even where
// transformers itself passes over it.
#include "config/encoder_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <string>

#include "config/json_fields.h"
#include "config/read_encoder_config.h"
#include "gliner/error.h"

namespace gliner {
namespace {

// Far above any model, and small enough that products of two stay far below 2^63.
constexpr std::int64_t kMaxVocabulary = std::int64_t{1} << 27;
constexpr std::int64_t kMaxWidth = std::int64_t{1} << 20;
constexpr std::int64_t kMaxLayers = 1024;
constexpr std::int64_t kMaxPositions = std::int64_t{1} << 24;
constexpr double kMaxEpsilon = 1.0;
constexpr double kMinTheta = 1.0;
constexpr double kMaxTheta = 1e15;

constexpr const char* kDebertaV2 = "deberta-v2";

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

/// transformers' names (activations.py, ACT2FN) of what is computed here.
constexpr std::array<std::pair<const char*, Activation>, 11> kActivations = {
    {{"gelu", Activation::kGelu},
     {"gelu_python", Activation::kGelu},
     {"gelu_new", Activation::kGeluTanh},
     {"gelu_fast", Activation::kGeluTanh},
     {"gelu_accurate", Activation::kGeluTanh},
     {"gelu_pytorch_tanh", Activation::kGeluTanh},
     {"gelu_python_tanh", Activation::kGeluTanh},
     {"relu", Activation::kRelu},
     {"silu", Activation::kSilu},
     {"swish", Activation::kSilu},
     {"tanh", Activation::kTanh}}};

Activation read_activation(const JsonFields& fields, const char* key, const char* fallback) {
  const std::string name = fields.text(key, fallback);
  std::string known;
  for (const auto& [known_name, activation] : kActivations) {
    if (name == known_name) return activation;
    known += (known.empty() ? "" : ", ") + std::string(known_name);
  }
  fields.refuse(key, "one of " + known);
}

/// Refuses any other value than the one that is computed here; absent and null are that one.
void only_false(const JsonFields& fields, const char* key) {
  if (fields.has(key) && fields.boolean(key, false)) fields.refuse(key, "false (decoders are not supported)");
}
void only_text(const JsonFields& fields, const char* key, const std::string& computed) {
  if (fields.has(key) && fields.text(key, computed) != computed) fields.refuse(key, "\"" + computed + "\"");
}
void only_integer(const JsonFields& fields, const char* key, std::int64_t computed) {
  if (fields.has(key)) fields.integer(key, computed, computed, computed);
}

/// Defaults of the keys that every family has.
struct CommonDefaults {
  std::int64_t vocab_size;
  std::int64_t hidden_size;
  std::int64_t layers;
  std::int64_t heads;
  std::int64_t intermediate_size;
  std::int64_t max_positions;
  std::int64_t pad_token_id;
  double epsilon;
  const char* epsilon_key;
  const char* activation_key;
};

void read_common(const JsonFields& fields, const CommonDefaults& defaults, EncoderConfig& config) {
  config.vocab_size = fields.integer("vocab_size", defaults.vocab_size, 1, kMaxVocabulary);
  config.hidden_size = fields.integer("hidden_size", defaults.hidden_size, 1, kMaxWidth);
  config.num_hidden_layers = fields.integer("num_hidden_layers", defaults.layers, 1, kMaxLayers);
  config.num_attention_heads = fields.integer("num_attention_heads", defaults.heads, 1, kMaxWidth);
  if (config.hidden_size % config.num_attention_heads != 0) {
    throw ModelError(fmt::format("{}: hidden_size {} is no multiple of num_attention_heads {}",
                                 fields.where(), config.hidden_size, config.num_attention_heads));
  }
  config.intermediate_size = fields.integer("intermediate_size", defaults.intermediate_size, 1, kMaxWidth);
  config.max_position_embeddings =
      fields.integer("max_position_embeddings", defaults.max_positions, 1, kMaxPositions);
  // A padding row matters to training only, so null and an id outside the vocabulary are no errors; RoBERTa,
  // which counts positions from it, looks closer.
  config.pad_token_id = fields.find("pad_token_id") == nullptr
                            ? defaults.pad_token_id
                            : fields.integer("pad_token_id", 0, -kMaxVocabulary, kMaxVocabulary);
  config.layer_norm_eps = fields.number(defaults.epsilon_key, defaults.epsilon, 0.0, kMaxEpsilon);
  config.hidden_act = read_activation(fields, defaults.activation_key, "gelu");
  only_false(fields, "is_decoder");
  only_false(fields, "add_cross_attention");
}

/// pos_att_type: ["p2c", "c2p"] or "p2c|c2p" in any case.
void read_position_attention(const JsonFields& fields, EncoderConfig& config) {
  constexpr const char* kKey = "pos_att_type";
  const Json* value = fields.find(kKey);
  if (value == nullptr) return;
  const auto add = [&](const std::string& name) {
    if (name == "c2p") {
      config.c2p = true;
    } else if (name == "p2c") {
      config.p2c = true;
    } else if (name != "none" && !name.empty()) {
      fields.refuse(kKey, "c2p, p2c or both");
    }
  };
  if (value->is_string()) {
    std::string name;
    for (const char c : lower(value->get<std::string>()) + "|") {
      if (c == '|') {
        add(name);
        name.clear();
      } else if (c != ' ') {
        name += c;
      }
    }
    return;
  }
  if (!value->is_array()) fields.refuse(kKey, "a text or an array of texts");
  for (const Json& item : *value) {
    if (!item.is_string()) fields.refuse(kKey, "an array of texts");
    add(item.get<std::string>());
  }
}

/// configuration_deberta_v2.py; the keys without a field there are read by modeling_deberta_v2.py itself.
void read_deberta_v2(const JsonFields& fields, EncoderConfig& config) {
  read_common(fields, {128100, 1536, 24, 24, 6144, 512, 0, 1e-7, "layer_norm_eps", "hidden_act"}, config);
  config.type_vocab_size = fields.integer("type_vocab_size", 0, 0, kMaxWidth);
  config.embedding_size = fields.integer("embedding_size", 0, 1, kMaxWidth);
  config.relative_attention = fields.boolean("relative_attention", false);
  config.max_relative_positions = fields.integer("max_relative_positions", -1, -1, kMaxPositions);
  config.position_buckets = fields.integer("position_buckets", -1, -1, kMaxPositions);
  // Half of the buckets are exact distances, and the logarithmic ones divide by that half.
  if (config.position_buckets == 1) fields.refuse("position_buckets", "-1, 0 or at least 2");
  config.position_biased_input = fields.boolean("position_biased_input", true);
  config.share_att_key = fields.boolean("share_att_key", false);
  read_position_attention(fields, config);

  const std::string norm = lower(fields.text("norm_rel_ebd", "none"));
  if (norm != "none" && norm != "layer_norm") fields.refuse("norm_rel_ebd", "\"none\" or \"layer_norm\"");
  config.norm_rel_ebd = norm == "layer_norm";

  constexpr std::int64_t kMaxKernel = 255;
  config.conv_kernel_size = std::max<std::int64_t>(fields.integer("conv_kernel_size", 0, -1, kMaxKernel), 0);
  if (config.conv_kernel_size > 0) {
    if (config.conv_kernel_size % 2 == 0)
      fields.refuse("conv_kernel_size", "an odd number, which keeps the length");
    config.conv_groups = fields.integer("conv_groups", 1, 1, config.hidden_size);
    if (config.hidden_size % config.conv_groups != 0)
      fields.refuse("conv_groups", "a divisor of hidden_size");
    config.conv_act = read_activation(fields, "conv_act", "tanh");
  }
  only_integer(fields, "attention_head_size", config.hidden_size / config.num_attention_heads);
}

/// configuration_bert.py; configuration_roberta.py and configuration_xlm_roberta.py have the same keys.
void read_bert(const JsonFields& fields, EncoderConfig& config, std::int64_t vocab_size,
               std::int64_t pad_token_id) {
  read_common(fields,
              {vocab_size, 768, 12, 12, 3072, 512, pad_token_id, 1e-12, "layer_norm_eps", "hidden_act"},
              config);
  config.type_vocab_size = fields.integer("type_vocab_size", 2, 1, kMaxWidth);
  config.position_biased_input = true;
  only_text(fields, "position_embedding_type", "absolute");
}

void read_plain_bert(const JsonFields& fields, EncoderConfig& config) { read_bert(fields, config, 30522, 0); }

void read_roberta(const JsonFields& fields, EncoderConfig& config, std::int64_t vocab_size) {
  read_bert(fields, config, vocab_size, 1);
  // Positions are counted from pad_token_id + 1 (modeling_roberta.py, create_position_ids_from_input_ids).
  const bool usable = config.pad_token_id >= 0 && config.pad_token_id + 1 < config.max_position_embeddings;
  if (!usable) fields.refuse("pad_token_id", "an id >= 0 below max_position_embeddings - 1");
}
void read_plain_roberta(const JsonFields& fields, EncoderConfig& config) {
  read_roberta(fields, config, 50265);
}
void read_xlm_roberta(const JsonFields& fields, EncoderConfig& config) {
  read_roberta(fields, config, 30522);
}

/// One layer kind's rotary settings: refuses scaled forms, gives the base.
double read_rope(const JsonFields& rope, double theta) {
  for (const char* key : {"rope_type", "type"}) only_text(rope, key, "default");
  return rope.number("rope_theta", theta, kMinTheta, kMaxTheta);
}

/// Newer files nest the bases by layer kind (rope_parameters), older ones have two flat keys, and
/// rope_scaling goes over both (configuration_modernbert.py, convert_rope_params_to_dict). A null local base
/// is the global one, as the releases of transformers read it that wrote it.
void read_rotary_bases(const JsonFields& fields, EncoderConfig& config) {
  config.global_rope_theta = fields.number("global_rope_theta", 160000.0, kMinTheta, kMaxTheta);
  const bool is_null = fields.json().contains("local_rope_theta") && !fields.has("local_rope_theta");
  config.local_rope_theta =
      is_null ? config.global_rope_theta : fields.number("local_rope_theta", 10000.0, kMinTheta, kMaxTheta);
  if (fields.has("rope_parameters")) {
    const JsonFields rope = fields.object("rope_parameters");
    for (const auto& item : rope.json().items()) {
      if (item.key() != "full_attention" && item.key() != "sliding_attention") {
        rope.refuse(item.key().c_str(), "only the keys full_attention and sliding_attention here");
      }
    }
    if (rope.has("full_attention")) {
      config.global_rope_theta = read_rope(rope.object("full_attention"), config.global_rope_theta);
    }
    if (rope.has("sliding_attention")) {
      config.local_rope_theta = read_rope(rope.object("sliding_attention"), config.local_rope_theta);
    }
  }
  if (fields.has("rope_scaling")) {
    const JsonFields scaling = fields.object("rope_scaling");
    config.global_rope_theta = read_rope(scaling, config.global_rope_theta);
    config.local_rope_theta = read_rope(scaling, config.local_rope_theta);
  }
}

void read_layer_types(const JsonFields& fields, EncoderConfig& config) {
  const std::int64_t period = fields.integer("global_attn_every_n_layers", 3, 1, kMaxLayers);
  const Json* types = fields.find("layer_types");
  if (types == nullptr) {
    for (std::int64_t i = 0; i < config.num_hidden_layers; ++i)
      config.layer_is_global.push_back(i % period == 0);
    return;
  }
  const bool right_size =
      types->is_array() && types->size() == static_cast<std::size_t>(config.num_hidden_layers);
  if (!right_size) {
    fields.refuse("layer_types",
                  fmt::format("an array of num_hidden_layers {} texts", config.num_hidden_layers));
  }
  for (const Json& type : *types) {
    const bool is_global = type == "full_attention";
    if (!is_global && type != "sliding_attention") {
      fields.refuse("layer_types", "full_attention or sliding_attention as each layer's type");
    }
    config.layer_is_global.push_back(is_global);
  }
}

/// configuration_modernbert.py
void read_modernbert(const JsonFields& fields, EncoderConfig& config) {
  read_common(fields, {50368, 768, 22, 12, 1152, 8192, 50283, 1e-5, "norm_eps", "hidden_activation"}, config);
  config.position_biased_input = false;
  config.attention_bias = fields.boolean("attention_bias", false);
  config.mlp_bias = fields.boolean("mlp_bias", false);
  config.norm_bias = fields.boolean("norm_bias", false);
  config.local_attention = fields.integer("local_attention", 128, 1, kMaxPositions);
  read_layer_types(fields, config);
  read_rotary_bases(fields, config);
  const std::int64_t head_size = config.hidden_size / config.num_attention_heads;
  only_integer(fields, "head_dim", head_size);
  if (head_size % 2 != 0) {
    throw ModelError(
        fmt::format("{}: hidden_size {} / num_attention_heads {} is {}, expected an even head size for "
                    "rotary positions",
                    fields.where(), config.hidden_size, config.num_attention_heads, head_size));
  }
}

/// configuration_t5.py and configuration_mt5.py. The keys have other names there.
void read_t5_family(const JsonFields& fields, EncoderConfig& config, std::int64_t vocab_size,
                    std::int64_t inner, std::int64_t layers, std::int64_t heads,
                    const std::string& feed_forward) {
  config.vocab_size = fields.integer("vocab_size", vocab_size, 1, kMaxVocabulary);
  config.hidden_size = fields.integer("d_model", 512, 1, kMaxWidth);
  config.head_size = fields.integer("d_kv", 64, 1, kMaxWidth);
  config.intermediate_size = fields.integer("d_ff", inner, 1, kMaxWidth);
  config.num_hidden_layers = fields.integer("num_layers", layers, 1, kMaxLayers);
  config.num_attention_heads = fields.integer("num_heads", heads, 1, kMaxWidth);
  config.layer_norm_eps = fields.number("layer_norm_epsilon", 1e-6, 0.0, kMaxEpsilon);
  config.position_biased_input = false;
  // A quarter of the buckets are exact distances, and the logarithmic ones divide by that quarter.
  config.distance_buckets = fields.integer("relative_attention_num_buckets", 32, 4, kMaxWidth);
  config.max_bucket_distance =
      fields.integer("relative_attention_max_distance", 128, config.distance_buckets / 4 + 1, kMaxPositions);
  // "relu" or "gated-gelu"; the latter means the approximation.
  const std::string kind = fields.text("feed_forward_proj", feed_forward);
  config.gated_feed_forward = kind.rfind("gated-", 0) == 0;
  const Json activation = {{"act", kind == "gated-gelu"        ? std::string("gelu_new")
                                   : config.gated_feed_forward ? kind.substr(6)
                                                               : kind}};
  config.hidden_act =
      read_activation(JsonFields(activation, fields.where() + ": feed_forward_proj"), "act", "relu");
  only_false(fields, "is_decoder");
}
void read_t5(const JsonFields& fields, EncoderConfig& config) {
  read_t5_family(fields, config, 32128, 2048, 6, 8, "relu");
}
void read_mt5(const JsonFields& fields, EncoderConfig& config) {
  read_t5_family(fields, config, 250112, 1024, 8, 6, "gated-gelu");
}

/// configuration_gpt2.py: a decoder, for the models that read or write text from left to right.
void read_gpt2(const JsonFields& fields, EncoderConfig& config) {
  config.vocab_size = fields.integer("vocab_size", 50257, 1, kMaxVocabulary);
  config.hidden_size = fields.integer("n_embd", 768, 1, kMaxWidth);
  config.num_hidden_layers = fields.integer("n_layer", 12, 1, kMaxLayers);
  config.num_attention_heads = fields.integer("n_head", 12, 1, kMaxWidth);
  if (config.hidden_size % config.num_attention_heads != 0)
    throw ModelError(fmt::format("{}: n_embd {} is no multiple of n_head {}", fields.where(),
                                 config.hidden_size, config.num_attention_heads));
  config.intermediate_size =
      fields.has("n_inner") ? fields.integer("n_inner", 0, 1, kMaxWidth) : 4 * config.hidden_size;
  config.max_position_embeddings = fields.integer("n_positions", 1024, 1, kMaxPositions);
  config.layer_norm_eps = fields.number("layer_norm_epsilon", 1e-5, 0.0, kMaxEpsilon);
  config.hidden_act = read_activation(fields, "activation_function", "gelu_new");
  config.scale_attention = fields.boolean("scale_attn_weights", true);
  config.scale_by_layer = fields.boolean("scale_attn_by_inverse_layer_idx", false);
  config.tie_word_embeddings = fields.boolean("tie_word_embeddings", true);
  only_false(fields, "add_cross_attention");
}

/// Defaults in which the kin of Llama differ.
struct LlamaDefaults {
  std::int64_t vocab_size;
  std::int64_t intermediate_size;
  std::int64_t max_positions;
  std::int64_t key_value_heads;  // 0: as many as there are heads.
  std::int64_t head_size;        // 0: H over the heads.
};

/// null is as many as there are heads, absent is the family's default.
std::int64_t read_key_value_heads(const JsonFields& fields, std::int64_t heads, std::int64_t fallback) {
  constexpr const char* kKey = "num_key_value_heads";
  const bool is_null = fields.json().contains(kKey) && !fields.has(kKey);
  const std::int64_t found =
      is_null ? heads : fields.integer(kKey, fallback > 0 ? fallback : heads, 1, kMaxWidth);
  if (heads % found != 0) fields.refuse(kKey, fmt::format("a divisor of num_attention_heads {}", heads));
  return found;
}

/// The base of the rotary positions. rope_scaling is the older name of rope_parameters and goes before it;
/// either may hold the base, else it stands beside them.
double read_rope_theta(const JsonFields& fields) {
  const double theta = fields.number("rope_theta", 10000.0, kMinTheta, kMaxTheta);
  for (const char* key : {"rope_scaling", "rope_parameters"})
    if (fields.has(key)) return read_rope(fields.object(key), theta);
  return theta;
}

void read_llama_family(const JsonFields& fields, const LlamaDefaults& defaults, EncoderConfig& config) {
  config.vocab_size = fields.integer("vocab_size", defaults.vocab_size, 1, kMaxVocabulary);
  config.hidden_size = fields.integer("hidden_size", 4096, 1, kMaxWidth);
  config.num_hidden_layers = fields.integer("num_hidden_layers", 32, 1, kMaxLayers);
  config.num_attention_heads = fields.integer("num_attention_heads", 32, 1, kMaxWidth);
  config.key_value_heads = read_key_value_heads(fields, config.num_attention_heads, defaults.key_value_heads);
  config.intermediate_size = fields.integer("intermediate_size", defaults.intermediate_size, 1, kMaxWidth);
  config.max_position_embeddings =
      fields.integer("max_position_embeddings", defaults.max_positions, 1, kMaxPositions);
  config.layer_norm_eps = fields.number("rms_norm_eps", 1e-6, 0.0, kMaxEpsilon);
  config.hidden_act = read_activation(fields, "hidden_act", "silu");
  config.tie_word_embeddings = fields.boolean("tie_word_embeddings", false);
  const std::int64_t head_size =
      defaults.head_size > 0 ? defaults.head_size : config.hidden_size / config.num_attention_heads;
  config.head_size = fields.has("head_dim") ? fields.integer("head_dim", 0, 1, kMaxWidth) : head_size;
  if (config.head_size % 2 != 0 || config.head_size == 0)
    throw ModelError(fmt::format("{}: heads of {} dimensions, expected an even number for rotary positions",
                                 fields.where(), config.head_size));
  config.rope_theta = read_rope_theta(fields);
  if (fields.has("use_sliding_window") && fields.boolean("use_sliding_window", false))
    fields.refuse("use_sliding_window", "false (windows are not supported here)");
}

/// configuration_llama.py
void read_llama(const JsonFields& fields, EncoderConfig& config) {
  read_llama_family(fields, {32000, 11008, 2048, 0, 0}, config);
  config.attention_bias = config.query_key_value_bias = fields.boolean("attention_bias", false);
  config.mlp_bias = fields.boolean("mlp_bias", false);
}
/// configuration_qwen2.py
void read_qwen2(const JsonFields& fields, EncoderConfig& config) {
  read_llama_family(fields, {151936, 22016, 32768, 32, 0}, config);
  config.query_key_value_bias = true;
}
/// configuration_qwen3.py
void read_qwen3(const JsonFields& fields, EncoderConfig& config) {
  read_llama_family(fields, {151936, 22016, 32768, 32, 128}, config);
  config.attention_bias = config.query_key_value_bias = fields.boolean("attention_bias", false);
  config.normalizes_heads = true;
}

/// gliner/config.py, RNNEncoderConfig: layers over words that are vectors already.
void read_rnn(const JsonFields& fields, EncoderConfig& config) {
  config.hidden_size = fields.integer("hidden_size", 512, 1, kMaxWidth);
  config.num_hidden_layers = fields.integer("num_hidden_layers", 1, 1, kMaxLayers);
  config.bidirectional = fields.boolean("bidirectional", true);
  only_text(fields, "rnn_type", "lstm");
  if (config.bidirectional && config.hidden_size % 2 != 0)
    fields.refuse("hidden_size", "an even number, half for each direction");
}

struct Family {
  const char* model_type;
  void (*read)(const JsonFields&, EncoderConfig&);
};
constexpr std::array<Family, 12> kFamilies = {{{"bert", read_plain_bert},
                                               {kDebertaV2, read_deberta_v2},
                                               {"gpt2", read_gpt2},
                                               {"llama", read_llama},
                                               {"modernbert", read_modernbert},
                                               {"mt5", read_mt5},
                                               {"qwen2", read_qwen2},
                                               {"qwen3", read_qwen3},
                                               {"rnn", read_rnn},
                                               {"roberta", read_plain_roberta},
                                               {"t5", read_t5},
                                               {"xlm-roberta", read_xlm_roberta}}};

/// Some published copies lack model_type; these keys together belong to DeBERTa-v2 and v3 alone.
bool looks_like_deberta_v2(const JsonFields& fields) {
  return fields.has("relative_attention") && fields.has("pos_att_type") &&
         (fields.has("position_buckets") || fields.has("norm_rel_ebd") || fields.has("share_att_key"));
}

}  // namespace

EncoderConfig parse_encoder_config(std::string_view json, const std::string& path) {
  return read_encoder_config(parse_json_file(json, path), path);
}

EncoderConfig read_encoder_config(const Json& object, const std::string& where) {
  const JsonFields fields(object, where);
  EncoderConfig config;
  if (fields.has("model_type")) {
    config.model_type = fields.text("model_type", {});
  } else if (looks_like_deberta_v2(fields)) {
    config.model_type = kDebertaV2;
  }
  std::string known;
  for (const Family& family : kFamilies) {
    if (config.model_type == family.model_type) {
      family.read(fields, config);
      return config;
    }
    known += (known.empty() ? "" : ", ") + std::string(family.model_type);
  }
  fields.refuse("model_type", "an encoder that is supported (" + known + ")");
}

}  // namespace gliner
