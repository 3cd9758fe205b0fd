#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/json_cursor.h"
#include "tokenizers/prefix_trie.h"
#include "tokenizers/vocabulary.h"

namespace gliner {

/// A part of a piece as the model cut it.
struct SubToken {
  std::int32_t id;
  /// The token as a string where it is not the entry of `id`: unknown text, or the match of an added token
  /// that is not spelled like it. Empty otherwise.
  std::string surface;
};

/// The algorithm that cuts pieces into entries of a vocabulary. Immutable and thread-safe.
class TokenModel {
 public:
  virtual ~TokenModel() = default;

  /// Appends the sub-tokens of `piece`, which is valid UTF-8 and not empty.
  /// Throws ModelError if the piece has unknown text and the file names no entry for it.
  virtual void tokenize(std::string_view piece, std::vector<SubToken>& out) const = 0;

  /// Entry for unknown text, or -1.
  std::int32_t unknown_id() const { return unknown_id_; }
  const Vocabulary& vocabulary() const { return vocabulary_; }

 protected:
  explicit TokenModel(const RawObject& model) : file_(model.file()) {}

  /// Reads the member "vocab", {"token": id, ...}. Throws ModelError on anything but ids from 0 to 2^31 - 1,
  /// each of them and each token once.
  void read_vocabulary(const RawObject& model);

  /// All entries of the vocabulary with their ids.
  PrefixTrie vocabulary_trie() const;

  /// Ids of the entries "<0x00>" to "<0xFF>", -1 where there is none.
  std::array<std::int32_t, 256> byte_token_ids() const;

  [[noreturn]] void throw_unknown(std::string_view piece) const;

  std::string file_;
  Vocabulary vocabulary_;
  std::int32_t unknown_id_ = -1;
};

/// "Unigram", "WordPiece", "BPE" or "WordLevel": the member "type", or judged by the other members where an
/// old file has none. Throws ModelError.
std::string token_model_kind(const RawObject& model);

/// Builds the model of that kind from the section "model". Throws ModelError.
std::unique_ptr<TokenModel> make_token_model(const std::string& kind, const RawObject& model);

}  // namespace gliner
