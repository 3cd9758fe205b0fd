#pragma once

#include "tokenizers/token_model.h"

namespace gliner {

/// WordPiece: again and again the longest entry that the rest of the word begins with; entries inside a word
/// are spelled with a prefix ("##"). A word that cannot be cut to its end, or is too long, is unknown as a
/// whole.
class WordPiece : public TokenModel {
 public:
  explicit WordPiece(const RawObject& model);
  void tokenize(std::string_view piece, std::vector<SubToken>& out) const override;

 private:
  bool cut(std::string_view piece, std::vector<SubToken>& out) const;

  std::int64_t max_input_chars_per_word_;
  PrefixTrie trie_;
  PrefixTrie::Node continuing_;  // behind the prefix; kNone if no entry has it
};

}  // namespace gliner
