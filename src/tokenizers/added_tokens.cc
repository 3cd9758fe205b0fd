#include "tokenizers/added_tokens.h"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <limits>
#include <tuple>

#include "gliner/error.h"
#include "text/utf8.h"
#include "tokenizers/char_class.h"

namespace gliner {
namespace {

auto fields(const AddedToken& token) {
  return std::tie(token.content, token.single_word, token.lstrip, token.rstrip, token.normalized);
}

// The code point that ends at `end` > 0.
char32_t code_point_before(std::string_view text, std::size_t end) {
  std::size_t begin = end - 1;
  while (begin > 0 && (static_cast<unsigned char>(text[begin]) & 0xC0) == 0x80) --begin;
  return next_code_point(text, begin);
}

bool is_word_at(std::string_view text, std::size_t pos) {
  return pos < text.size() && rust_is_word(next_code_point(text, pos));
}

std::size_t skip_white_space_back(std::string_view text, std::size_t end) {
  while (end > 0 && rust_is_whitespace(code_point_before(text, end))) {
    do --end;
    while ((static_cast<unsigned char>(text[end]) & 0xC0) == 0x80);
  }
  return end;
}

std::size_t skip_white_space(std::string_view text, std::size_t begin) {
  for (std::size_t pos = begin; pos < text.size() && rust_is_whitespace(next_code_point(text, pos));)
    begin = pos;
  return begin;
}

}  // namespace

bool operator==(const AddedToken& a, const AddedToken& b) { return fields(a) == fields(b); }

std::vector<AddedToken> read_added_tokens(const JsonSection& tokenizer) {
  std::vector<AddedToken> tokens;
  for (const JsonSection& section : tokenizer.sections("added_tokens")) {
    section.id("id");  // must be one, though it is not used
    tokens.push_back({section.string("content"), section.boolean("single_word"), section.boolean("lstrip"),
                      section.boolean("rstrip"), section.boolean("normalized"), section.boolean("special")});
  }
  return tokens;
}

void AddedTokens::add(const std::vector<AddedToken>& tokens, const Vocabulary& vocabulary,
                      const Normalizer* normalizer) {
  std::int64_t next_id = static_cast<std::int64_t>(vocabulary.size());
  for (const auto& entry : entries_) next_id = std::max<std::int64_t>(next_id, std::int64_t{entry.first} + 1);

  for (const AddedToken& token : tokens) {
    if (token.content.empty()) continue;
    std::int32_t id = find(token.content);
    if (id < 0) id = vocabulary.find(token.content);
    if (id < 0) id = new_id(token.content, next_id++);
    Piece pattern{token.content, true};
    if (token.normalized && normalizer != nullptr) normalizer->apply(pattern);
    ids_[token.content] = id;
    entries_[id] = {token, std::move(pattern.text)};
    id_limit_ = std::max<std::int64_t>(id_limit_, std::int64_t{id} + 1);
  }
  rebuild_tries();
}

std::int32_t AddedTokens::new_id(const std::string& content, std::int64_t next_id) const {
  if (next_id > std::numeric_limits<std::int32_t>::max()) {
    throw ModelError(fmt::format("{}: no id is left for the added token \"{}\"", file_, content));
  }
  return static_cast<std::int32_t>(next_id);
}

void AddedTokens::rebuild_tries() {
  // Of tokens that are searched alike the smallest id wins (the Rust code leaves it to its hash table).
  std::vector<std::int32_t> ids;
  ids.reserve(entries_.size());
  for (const auto& entry : entries_) ids.push_back(entry.first);
  std::sort(ids.begin(), ids.end(), std::greater<>());

  std::vector<PrefixTrie::Key> raw;
  std::vector<PrefixTrie::Key> normalized;
  for (const std::int32_t id : ids) {
    const Entry& entry = entries_.at(id);
    // A token that its normalizer removes cannot be found.
    if (!entry.pattern.empty()) (entry.token.normalized ? normalized : raw).push_back({entry.pattern, id});
  }
  raw_trie_ = PrefixTrie(raw);
  normalized_trie_ = PrefixTrie(normalized);
}

std::vector<AddedTokens::Part> AddedTokens::split(std::string_view text, Stage stage) const {
  const PrefixTrie& trie = stage == Stage::kRaw ? raw_trie_ : normalized_trie_;
  std::vector<Part> parts;
  std::size_t covered = 0;
  for (std::size_t pos = 0; pos < text.size();) {
    std::int32_t id = -1;
    std::size_t match_end = pos;
    PrefixTrie::Node node = PrefixTrie::kRoot;
    for (std::size_t end = pos; end < text.size();) {
      node = trie.child(node, text[end++]);
      if (node == PrefixTrie::kNone) break;
      if (trie.value(node) >= 0) {
        id = trie.value(node);
        match_end = end;
      }
    }
    if (id < 0) {
      ++pos;
      continue;
    }
    std::size_t begin = pos;
    std::size_t end = match_end;
    pos = match_end;
    const AddedToken& token = entries_.at(id).token;
    if (token.single_word) {
      const bool word_before = begin > 0 && rust_is_word(code_point_before(text, begin));
      if (word_before || is_word_at(text, end)) continue;
    }
    if (token.lstrip) begin = std::max(skip_white_space_back(text, begin), covered);
    if (token.rstrip) end = skip_white_space(text, end);
    if (covered < begin) parts.push_back({covered, begin, -1});
    parts.push_back({begin, end, id});
    covered = end;
  }
  if (covered < text.size()) parts.push_back({covered, text.size(), -1});
  return parts;
}

std::int32_t AddedTokens::find(std::string_view content) const {
  const auto found = ids_.find(std::string(content));
  return found == ids_.end() ? -1 : found->second;
}

const std::string* AddedTokens::content(std::int32_t id) const {
  const auto found = entries_.find(id);
  return found == entries_.end() ? nullptr : &found->second.token.content;
}

bool AddedTokens::is_special(std::int32_t id) const {
  const auto found = entries_.find(id);
  return found != entries_.end() && found->second.token.special;
}

std::int64_t AddedTokens::count_outside(const Vocabulary& vocabulary) const {
  return std::count_if(ids_.begin(), ids_.end(),
                       [&](const auto& entry) { return vocabulary.find(entry.first) < 0; });
}

}  // namespace gliner
