#include "tokenizers/tokenizer_json.h"

#include <fmt/format.h>

#include "gliner/error.h"
#include "text/utf8.h"

namespace gliner {
namespace {

// A small section as a tree; null or absent: no value.
Json parse_section(const RawObject& file, const char* key) {
  return file.has(key) ? parse_json_file(file.text(key), fmt::format("{}: {}", file.file(), key)) : Json();
}

}  // namespace

TokenizerParts read_tokenizer_json(std::string_view json, const std::string& path) {
  if (const std::size_t byte = find_invalid_utf8(json); byte != std::string_view::npos) {
    throw ModelError(fmt::format("{}: not UTF-8 at byte {}", path, byte));
  }
  JsonCursor cursor(json, path, "");
  const RawObject file(cursor);
  cursor.end();
  if (file.has("version")) {
    const std::string version(file.at("version").string());
    if (version != "1.0") file.fail(fmt::format("expected version \"1.0\", found \"{}\"", version));
  }

  TokenizerParts parts;
  if (const Json section = parse_section(file, "normalizer"); !section.is_null()) {
    parts.normalizer = make_normalizer(JsonSection(section, path, "normalizer"));
  }
  if (const Json section = parse_section(file, "pre_tokenizer"); !section.is_null()) {
    parts.pre_tokenizer = make_pre_tokenizer(JsonSection(section, path, "pre_tokenizer"));
  }
  if (const Json section = parse_section(file, "post_processor"); !section.is_null()) {
    parts.post_processor = PostProcessor(JsonSection(section, path, "post_processor"));
  }
  if (file.has("added_tokens")) {
    const Json wrapped = {{"added_tokens", parse_section(file, "added_tokens")}};
    parts.added_tokens = read_added_tokens(JsonSection(wrapped, path, "tokenizer"));
  }
  JsonCursor model_cursor = file.at("model");
  const RawObject model(model_cursor);
  parts.model_kind = token_model_kind(model);
  parts.model = make_token_model(parts.model_kind, model);
  return parts;
}

}  // namespace gliner
