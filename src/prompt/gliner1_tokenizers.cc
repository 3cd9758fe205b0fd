#include "prompt/gliner1_tokenizers.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "base/json.h"
#include "base/mapped_file.h"
#include "gliner/error.h"
#include "tokenizers/token_decoder.h"

namespace gliner {
namespace {

/// Beyond this, model_max_length is transformers' way to say that there is none.
constexpr double kNoTokenLimit = 1e9;

/// What the tokenizer_config.json beside a tokenizer says: model_max_length, and eos_token, pad_token and
/// bos_token, each a text or an object with its `content`.
void read_tokenizer_config(Gliner1Tokenizers::One& one, const std::string& path) {
  if (path.empty()) return;
  const Json config = parse_json_file(MappedFile(path).text(), path);
  if (!config.is_object()) return;
  if (const auto found = config.find("model_max_length"); found != config.end() && found->is_number()) {
    const double limit = found->get<double>();
    if (limit >= 1 && limit < kNoTokenLimit) one.max_tokens = static_cast<std::int64_t>(limit);
  }
  const auto id_of = [&](const char* key) -> std::int32_t {
    if (!config.contains(key)) return -1;
    const Json& value = config.at(key);
    const Json content = value.is_object() ? value.value("content", Json()) : value;
    return content.is_string() ? one.tokenizer->token_to_id(content.get_ref<const std::string&>()) : -1;
  };
  one.end_id = id_of("eos_token");
  one.pad_id = id_of("pad_token");
  one.begin_id = id_of("bos_token");
  if (one.pad_id < 0) one.pad_id = one.end_id;
  const Json cleans_up = config.value("clean_up_tokenization_spaces", Json());
  one.cleans_up_blanks = cleans_up == true && one.tokenizer->model_kind() != "BPE";
}

Gliner1Tokenizers::One load_tokenizer(const std::string& path, const std::string& tokenizer_config,
                                      const std::vector<std::string>& special_tokens) {
  auto tokenizer = std::make_shared<Tokenizer>(Tokenizer::load(path));
  if (!special_tokens.empty()) tokenizer->add_special_tokens(special_tokens);
  Gliner1Tokenizers::One one;
  one.tokenizer = std::move(tokenizer);
  read_tokenizer_config(one, tokenizer_config);
  return one;
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
  const std::filesystem::path path = std::filesystem::path(tokenizer).parent_path() / "tokenizer_config.json";
  std::error_code ignored;  // What cannot be looked at is not there.
  return std::filesystem::is_regular_file(path, ignored) ? path.string() : std::string();
}

}  // namespace

std::string Gliner1Tokenizers::One::decode(const std::vector<std::int32_t>& ids) const {
  std::string text = tokenizer->decode(ids);
  return cleans_up_blanks ? clean_up_blanks(std::move(text)) : text;
}

Gliner1Tokenizers load_gliner1_tokenizers(const ModelFiles& files, const Gliner1Config& config) {
  Gliner1Tokenizers tokenizers;
  tokenizers.text = load_tokenizer(files.tokenizer, files.tokenizer_config,
                                   config.adds_tokens() ? markers_of(config) : std::vector<std::string>());
  find_markers(config, tokenizers, config.adds_tokens() && !config.has_labels_encoder, files.tokenizer);
  if (config.has_labels_encoder) {
    check_present(files.labels_tokenizer, files.config, "a bi-encoder", "labels_tokenizer/tokenizer.json");
    tokenizers.labels = load_tokenizer(files.labels_tokenizer, sibling_config(files.labels_tokenizer), {});
  }
  if (config.decoder) {
    check_present(files.decoder_tokenizer, files.config, "a label decoder",
                  "decoder_tokenizer/tokenizer.json");
    tokenizers.decoder = load_tokenizer(files.decoder_tokenizer, sibling_config(files.decoder_tokenizer), {});
  }
  return tokenizers;
}

}  // namespace gliner
