#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "tokenizers/json_section.h"
#include "tokenizers/normalizer.h"
#include "tokenizers/prefix_trie.h"
#include "tokenizers/vocabulary.h"

namespace gliner {

/// A token on top of the model's vocabulary, cut out of the text before the model sees it.
struct AddedToken {
  std::string content;
  bool single_word = false;  ///< Not inside a word.
  bool lstrip = false;       ///< Swallows the white space before it.
  bool rstrip = false;       ///< Swallows the white space behind it.
  bool normalized = false;  ///< Is searched, itself normalized, in the normalized text; else in the raw text.
  bool special = true;      ///< Left out when ids become text again. Makes no difference to the search.
};

bool operator==(const AddedToken& a, const AddedToken& b);

/// Reads the array "added_tokens". Throws ModelError.
std::vector<AddedToken> read_added_tokens(const JsonSection& tokenizer);

/// The added tokens of a tokenizer and the search for them. Thread-safe once filled.
class AddedTokens {
 public:
  /// A part of a text: an added token, or what lies between (id -1).
  struct Part {
    std::size_t begin;
    std::size_t end;
    std::int32_t id;
  };
  enum class Stage { kRaw, kNormalized };

  /// `file` appears in messages.
  explicit AddedTokens(std::string file) : file_(std::move(file)) {}

  /// Adds `tokens` in order. One that is known, as an added token or to the model, keeps its id and takes
  /// over the new flags; the others get the ids behind the largest added one, or behind the vocabulary's
  /// size. The id that tokenizer.json states is not used, as in the Rust code. `normalizer` may be nullptr.
  /// Throws ModelError if ids run out.
  void add(const std::vector<AddedToken>& tokens, const Vocabulary& vocabulary, const Normalizer* normalizer);

  /// Parts of `text` in order: the leftmost, then longest matches of the tokens that belong to `stage`. They
  /// cover the text; one that swallows white space may overlap the one before.
  std::vector<Part> split(std::string_view text, Stage stage) const;

  /// Id of an added token, or -1.
  std::int32_t find(std::string_view content) const;

  /// Content of the added token with this id, or nullptr.
  const std::string* content(std::int32_t id) const;
  /// True for the id of an added token that is special.
  bool is_special(std::int32_t id) const;

  /// Added tokens that the vocabulary does not have.
  std::int64_t count_outside(const Vocabulary& vocabulary) const;
  std::int64_t id_limit() const { return id_limit_; }

 private:
  struct Entry {
    AddedToken token;
    std::string pattern;  // what is searched: the content, normalized if the token asks for it
  };

  void rebuild_tries();

  std::int32_t new_id(const std::string& content, std::int64_t next_id) const;

  std::string file_;
  std::unordered_map<std::string, std::int32_t> ids_;
  std::unordered_map<std::int32_t, Entry> entries_;
  PrefixTrie raw_trie_;
  PrefixTrie normalized_trie_;
  std::int64_t id_limit_ = 0;
};

}  // namespace gliner
