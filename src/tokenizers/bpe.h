#pragma once

#include <array>
#include <optional>
#include <vector>

#include "tokenizers/merge_table.h"
#include "tokenizers/token_model.h"

namespace gliner {

/// Byte pair encoding (Sennrich et al. 2016): a piece starts as its characters, then the pair with the lowest
/// rank is merged, the leftmost first, until no pair merges.
class Bpe : public TokenModel {
 public:
  explicit Bpe(const RawObject& model);
  void tokenize(std::string_view piece, std::vector<SubToken>& out) const override;

 private:
  // A token of the piece in the making, linked to its neighbours.
  struct Symbol {
    std::int32_t id;
    std::int32_t previous;  // index, or -1
    std::int32_t next;      // index, or -1
    bool merged_away;
  };
  class Symbols;

  void read_merges(const RawObject& model);
  void add_merge(const JsonCursor& cursor, std::uint32_t rank, std::string_view left, std::string_view right);
  void split_into_characters(std::string_view piece, Symbols& symbols) const;
  std::int32_t require_unknown(std::string_view piece) const;
  void merge(std::vector<Symbol>& symbols) const;

  MergeTable merges_;
  bool has_unknown_token_ = false;  // else unknown characters are dropped
  std::string continuing_subword_prefix_;
  std::string end_of_word_suffix_;
  bool fuse_unknown_ = false;
  bool byte_fallback_ = false;
  bool ignore_merges_ = false;
  std::array<std::int32_t, 256> byte_ids_{};
};

}  // namespace gliner
