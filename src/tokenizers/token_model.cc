#include "tokenizers/token_model.h"

#include <fmt/format.h>

#include "gliner/error.h"
#include "tokenizers/bpe.h"
#include "tokenizers/unigram.h"
#include "tokenizers/word_level.h"
#include "tokenizers/wordpiece.h"

namespace gliner {

void TokenModel::read_vocabulary(const RawObject& model) {
  JsonCursor cursor = model.at("vocab");
  // A guess that saves most of the growing: an indented entry takes some 24 bytes, half of them for the
  // token.
  const std::size_t bytes = model.text("vocab").size();
  vocabulary_.reserve(bytes / 24, bytes / 2);
  cursor.begin_object();
  std::string_view key;
  std::string token;
  while (cursor.next_member(key)) {
    token.assign(key);
    if (!vocabulary_.add(token, cursor.id())) cursor.fail(fmt::format("token \"{}\" is listed twice", token));
  }
  if (const std::int32_t id = vocabulary_.seal(); id >= 0) {
    cursor.fail(fmt::format("id {} is given to \"{}\" and to another token", id, *vocabulary_.token(id)));
  }
}

PrefixTrie TokenModel::vocabulary_trie() const {
  std::vector<PrefixTrie::Key> keys;
  keys.reserve(vocabulary_.size());
  for (std::size_t i = 0; i < vocabulary_.size(); ++i)
    keys.push_back({vocabulary_.token_at(i), vocabulary_.id_at(i)});
  return PrefixTrie(keys);
}

std::array<std::int32_t, 256> TokenModel::byte_token_ids() const {
  std::array<std::int32_t, 256> ids{};
  for (std::size_t byte = 0; byte < ids.size(); ++byte)
    ids[byte] = vocabulary_.find(fmt::format("<0x{:02X}>", byte));
  return ids;
}

void TokenModel::throw_unknown(std::string_view piece) const {
  const std::string shown =
      piece.size() <= 64 ? fmt::format("\"{}\"", piece) : fmt::format("{} bytes", piece.size());
  throw ModelError(
      fmt::format("{}: model: cannot cut {}: unknown text, and no entry for unknown text", file_, shown));
}

std::string token_model_kind(const RawObject& model) {
  if (model.has("type")) return std::string(model.at("type").string());
  if (model.has("merges")) return "BPE";
  if (model.has("continuing_subword_prefix")) return "WordPiece";
  if (model.has("unk_token")) return "WordLevel";
  if (model.has("vocab")) return "Unigram";
  model.fail("\"type\" is missing");
}

std::unique_ptr<TokenModel> make_token_model(const std::string& kind, const RawObject& model) {
  if (kind == "Unigram") return std::make_unique<Unigram>(model);
  if (kind == "WordPiece") return std::make_unique<WordPiece>(model);
  if (kind == "BPE") return std::make_unique<Bpe>(model);
  if (kind == "WordLevel") return std::make_unique<WordLevel>(model);
  model.fail(fmt::format("model kind \"{}\" is not supported", kind));
}

}  // namespace gliner
