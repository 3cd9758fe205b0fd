#include "config/gliner2_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "config/json_fields.h"
#include "gliner/error.h"

namespace gliner {
namespace {

constexpr std::int64_t kDefaultMaxWidth = 8;  // SpanHeadSettings.max_width
constexpr std::int64_t kMaxMaxWidth = 1024;

constexpr std::array<std::pair<const char*, CountingLayer>, 3> kCountingLayers = {
    {{"count_lstm", CountingLayer::kCountLstm},
     {"count_lstm_v2", CountingLayer::kCountLstmV2},
     {"count_lstm_moe", CountingLayer::kCountLstmMoe}}};

/// Python's `value or default` where the default takes over.
bool is_falsy(const Json* value) {
  if (value == nullptr || value->is_null()) return true;
  if (value->is_boolean()) return !value->get<bool>();
  if (value->is_number()) return value->get<double>() == 0.0;
  if (value->is_string()) return value->get_ref<const std::string&>().empty();
  return value->empty();
}

/// What the reference's own save_pretrained writes; hand-made files may lack it.
bool is_gliner2(const JsonFields& fields) {
  const Json* value = fields.find("model_type");
  return value != nullptr && *value == "extractor";
}

/// Tells apart the files that are easily taken for GLiNER2's.
void refuse_other_kinds(const JsonFields& fields) {
  const auto count = [&](std::initializer_list<const char*> keys) {
    return std::count_if(keys.begin(), keys.end(), [&](const char* key) { return fields.has(key); });
  };
  const bool is_v1 =
      count({"class_token_index", "subtoken_pooling", "words_splitter_type", "ent_token", "sep_token",
             "span_mode", "fuse_layers", "embed_ent_token", "labels_encoder"}) >= 2;
  if (is_v1) {
    throw ModelError(fields.where() +
                     ": expected a GLiNER2 configuration, found one of GLiNER v1; its name must be "
                     "gliner_config.json");
  }
  const bool is_encoder = count({"hidden_size", "num_hidden_layers", "num_attention_heads"}) >= 2;
  if (is_encoder) {
    throw ModelError(fields.where() +
                     ": expected a GLiNER2 configuration, found one of an encoder; it belongs in "
                     "encoder_config/config.json");
  }
}

/// normalize_architecture: blanks and case do not count, nothing means "span".
void check_architecture(const JsonFields& fields) {
  constexpr const char* kKey = "architecture";
  constexpr const char* kSupported = "\"span\", the supported architecture";
  const Json* value = fields.find(kKey);
  if (is_falsy(value)) return;
  if (!value->is_string()) fields.refuse(kKey, kSupported);
  std::string name;
  for (const char c : value->get<std::string>()) {
    name += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  const char* kBlanks = " \t\r\n\f\v";
  const std::size_t begin = std::min(name.find_first_not_of(kBlanks), name.size());
  name = name.substr(begin, name.find_last_not_of(kBlanks) + 1 - begin);
  if (name != "span") fields.refuse(kKey, kSupported);
}

/// migrate_config_dict and validate_span_head: `span_head.max_width` goes before the older flat `max_width`.
/// The reference ignores span_head's span_mode and dropout here: it always builds markerV0 and never drops in
/// use.
std::int64_t read_max_width(const JsonFields& fields) {
  constexpr const char* kKey = "max_width";
  std::int64_t width =
      fields.has(kKey) ? fields.integer(kKey, kDefaultMaxWidth, 1, kMaxMaxWidth) : kDefaultMaxWidth;
  if (!is_falsy(fields.find("span_head"))) {
    const JsonFields head = fields.object("span_head");
    width = head.integer(kKey, width, 1, kMaxMaxWidth);
    const double dropout = head.number("dropout", 0.0, 0.0, 1.0);
    if (dropout >= 1.0) head.refuse("dropout", "a number below 1");
  }
  return width;
}

TokenPooling read_token_pooling(const JsonFields& fields) {
  const Json* value = fields.find("token_pooling");
  if (value != nullptr && *value == "mean") return TokenPooling::kMean;
  if (value != nullptr && *value == "max") return TokenPooling::kMax;
  return TokenPooling::kFirst;  // also for anything unknown: processor.py, SchemaTransformer
}

CountingLayer read_counting_layer(const JsonFields& fields) {
  constexpr const char* kKey = "counting_layer";
  const Json* value = fields.find(kKey);
  if (is_falsy(value)) return CountingLayer::kCountLstm;
  for (const auto& [name, layer] : kCountingLayers) {
    if (*value == name) return layer;
  }
  fields.refuse(kKey, "count_lstm, count_lstm_v2 or count_lstm_moe");
}

}  // namespace

Gliner2Config parse_gliner2_config(std::string_view json, const std::string& path) {
  const Json root = parse_json_file(json, path);
  const JsonFields fields(root, path);
  if (!is_gliner2(fields)) refuse_other_kinds(fields);
  check_architecture(fields);
  Gliner2Config config;
  if (fields.has("model_name")) config.model_name = fields.text("model_name", {});
  config.token_pooling = read_token_pooling(fields);
  config.counting_layer = read_counting_layer(fields);
  config.max_width = read_max_width(fields);
  return config;
}

}  // namespace gliner
