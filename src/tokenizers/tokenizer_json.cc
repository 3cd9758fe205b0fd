#include "tokenizers/tokenizer_json.h"

#include <fmt/format.h>

#include <optional>
#include <unordered_map>

#include "gliner/error.h"
#include "text/utf8.h"

namespace gliner {
namespace {

// The sections of a tokenizer.json: the model's members apart, since they are large.
struct Sections {
  std::unordered_map<std::string, std::string_view> small;
  std::optional<RawObject> model;

  explicit Sections(JsonCursor& cursor) {
    cursor.begin_object();
    std::string_view key;
    while (cursor.next_member(key)) {
      const std::string name(key);
      if (name == "model") {
        model.emplace(cursor, "model");
      } else {
        small[name] = cursor.skip();
      }
    }
    cursor.end();
    if (!model) cursor.fail("\"model\" is missing");
  }

  // A section as a tree; null if it is absent.
  Json parse(const std::string& key, const std::string& path) const {
    const auto found = small.find(key);
    return found == small.end() ? Json() : parse_json_file(found->second, fmt::format("{}: {}", path, key));
  }
};

}  // namespace

TokenizerParts read_tokenizer_json(std::string_view json, const std::string& path) {
  if (const std::size_t byte = find_invalid_utf8(json); byte != std::string_view::npos) {
    throw ModelError(fmt::format("{}: not UTF-8 at byte {}", path, byte));
  }
  JsonCursor cursor(json, path, "");
  const Sections sections(cursor);
  if (const Json version = sections.parse("version", path); !version.is_null() && version != "1.0") {
    cursor.fail(fmt::format("expected version \"1.0\", found {}", dump_json(version)));
  }

  TokenizerParts parts;
  if (const Json section = sections.parse("normalizer", path); !section.is_null()) {
    parts.normalizer = make_normalizer(JsonSection(section, path, "normalizer"));
  }
  if (const Json section = sections.parse("pre_tokenizer", path); !section.is_null()) {
    parts.pre_tokenizer = make_pre_tokenizer(JsonSection(section, path, "pre_tokenizer"));
  }
  if (const Json section = sections.parse("post_processor", path); !section.is_null()) {
    parts.post_processor = PostProcessor(JsonSection(section, path, "post_processor"));
  }
  if (const Json section = sections.parse("decoder", path); !section.is_null()) {
    parts.decoder = make_token_decoder(JsonSection(section, path, "decoder"));
  }
  if (const Json section = sections.parse("added_tokens", path); !section.is_null()) {
    const Json wrapped = {{"added_tokens", section}};
    parts.added_tokens = read_added_tokens(JsonSection(wrapped, path, "tokenizer"));
  }
  parts.model_kind = token_model_kind(*sections.model);
  parts.model = make_token_model(parts.model_kind, *sections.model);
  return parts;
}

}  // namespace gliner
