#include "prompt/gliner1_tokenizers.h"

#include <fmt/format.h>

#include <utility>

#include "base/json.h"
#include "base/mapped_file.h"
#include "gliner/error.h"

namespace gliner {
namespace {

/// Beyond this, model_max_length is transformers' way to say that there is none.
constexpr double kNoTokenLimit = 1e9;

/// `model_max_length` of the tokenizer_config.json beside a tokenizer; 0: none.
std::int64_t max_tokens_of(const std::string& tokenizer_config) {
  if (tokenizer_config.empty()) return 0;
  const Json config = parse_json_file(MappedFile(tokenizer_config).text(), tokenizer_config);
  const auto found = config.is_object() ? config.find("model_max_length") : config.end();
  if (found == config.end() || !found->is_number()) return 0;
  const double limit = found->get<double>();
  return limit >= 1 && limit < kNoTokenLimit ? static_cast<std::int64_t>(limit) : 0;
}

Gliner1Tokenizers::One load_tokenizer(const std::string& path, const std::string& tokenizer_config,
                                      const std::vector<std::string>& special_tokens) {
  auto tokenizer = std::make_shared<Tokenizer>(Tokenizer::load(path));
  if (!special_tokens.empty()) tokenizer->add_special_tokens(special_tokens);
  return {std::move(tokenizer), max_tokens_of(tokenizer_config)};
}

/// The ids of eos_token, pad_token and bos_token, each a text or an object with its `content`.
void read_end_tokens(Gliner1Tokenizers::One& one, const std::string& tokenizer_config) {
  if (tokenizer_config.empty()) return;
  const Json config = parse_json_file(MappedFile(tokenizer_config).text(), tokenizer_config);
  const auto id_of = [&](const char* key) -> std::int32_t {
    if (!config.is_object() || !config.contains(key)) return -1;
    const Json& value = config.at(key);
    const Json content = value.is_object() ? value.value("content", Json()) : value;
    return content.is_string() ? one.tokenizer->token_to_id(content.get_ref<const std::string&>()) : -1;
  };
  one.end_id = id_of("eos_token");
  one.pad_id = id_of("pad_token");
  one.begin_id = id_of("bos_token");
  if (one.pad_id < 0) one.pad_id = one.end_id;
}

/// The markers in the reference's order, which decides their ids where it adds them itself
/// (gliner/model.py, _get_special_tokens).
std::vector<std::string> markers_of(const Gliner1Config& config) {
  if (config.relations) return {config.ent_token, config.sep_token, config.relations->token};
  if (config.streaming) return {config.streaming->label_token, config.sep_token};
  return {"[FLERT]", config.ent_token, config.sep_token};
}

/// Ids of the markers (gliner/model.py, set_class_indices): the configuration's, or where they stand at the
/// end of a tokenizer that they were added to.
void find_markers(const Gliner1Config& config, Gliner1Tokenizers& tokenizers, bool added,
                  const std::string& path) {
  const auto size = static_cast<std::int32_t>(tokenizers.text.tokenizer->size());
  const auto from_config = [](std::int64_t index) { return static_cast<std::int32_t>(index); };
  const std::int32_t behind = config.relations ? 3 : 2;
  tokenizers.label_id = added ? size - behind : from_config(config.class_token_index);
  if (config.relations) {
    const std::int64_t index = config.relations->token_index;
    tokenizers.relation_id = added || index < 0 ? size - 1 : from_config(index);
  }
  if (config.streaming) {
    const std::int64_t index = config.streaming->sep_token_index;
    tokenizers.separator_id = added || index < 0 ? size - 1 : from_config(index);
  }
  if (config.has_labels_encoder) return;
  const std::string& marker = config.streaming ? config.streaming->label_token : config.ent_token;
  if (tokenizers.text.tokenizer->token_to_id(marker) != tokenizers.label_id) {
    throw ModelError(fmt::format(
        "{}: expected the marker \"{}\" with the id {} that the configuration says (class_token_index), "
        "found {}; take the tokenizer.json that was saved with the model",
        path, marker, tokenizers.label_id, tokenizers.text.tokenizer->token_to_id(marker)));
  }
}

void check_present(const std::string& file, const std::string& config, const char* what, const char* name) {
  if (!file.empty()) return;
  throw ModelError(fmt::format("{}: describes {}, which needs {}: copy it from the model's repository",
                               config, what, name));
}

/// "DIR/tokenizer_config.json" for "DIR/tokenizer.json", if it is there.
std::string sibling_config(const std::string& tokenizer) {
  const std::size_t slash = tokenizer.find_last_of('/');
  const std::string path =
      (slash == std::string::npos ? std::string() : tokenizer.substr(0, slash + 1)) + "tokenizer_config.json";
  try {
    MappedFile present(path);
  } catch (const ModelError&) {
    return {};
  }
  return path;
}

}  // namespace

Gliner1Tokenizers load_gliner1_tokenizers(const ModelFiles& files, const Gliner1Config& config) {
  Gliner1Tokenizers tokenizers;
  tokenizers.text = load_tokenizer(files.tokenizer, files.tokenizer_config,
                                   config.adds_tokens() ? markers_of(config) : std::vector<std::string>());
  read_end_tokens(tokenizers.text, files.tokenizer_config);
  find_markers(config, tokenizers, config.adds_tokens() && !config.has_labels_encoder, files.tokenizer);
  if (config.has_labels_encoder) {
    check_present(files.labels_tokenizer, files.config, "a bi-encoder", "labels_tokenizer/tokenizer.json");
    tokenizers.labels = load_tokenizer(files.labels_tokenizer, sibling_config(files.labels_tokenizer), {});
  }
  if (config.decoder) {
    check_present(files.decoder_tokenizer, files.config, "a label decoder",
                  "decoder_tokenizer/tokenizer.json");
    tokenizers.decoder = load_tokenizer(files.decoder_tokenizer, sibling_config(files.decoder_tokenizer), {});
    read_end_tokens(tokenizers.decoder, sibling_config(files.decoder_tokenizer));
  }
  return tokenizers;
}

}  // namespace gliner
