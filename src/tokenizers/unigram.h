#pragma once

#include <array>
#include <vector>

#include "tokenizers/token_model.h"

namespace gliner {

/// The unigram language model of SentencePiece: the cut with the highest sum of scores, found by dynamic
/// programming over byte positions ("Subword Regularization", Kudo 2018; EncodeOptimized of its
/// unigram_model.cc).
///
/// A character that no entry covers alone may be unknown, at the lowest score of all entries minus 10;
/// neighbours that are unknown are fused into one. Of equal sums the first found wins: shorter last entries
/// come first.
class Unigram : public TokenModel {
 public:
  explicit Unigram(const RawObject& model);
  void tokenize(std::string_view piece, std::vector<SubToken>& out) const override;

 private:
  // The best cut of the bytes before a position, by its last part.
  struct Best {
    double score = 0;
    std::int32_t begin = -1;  // of the last part; -1: none yet
    std::int32_t id = -1;
  };

  void read_entries(const RawObject& model);
  std::vector<Best> best_cuts(std::string_view piece) const;
  void append(std::string_view part, std::int32_t id, std::vector<SubToken>& out) const;
  bool append_bytes(std::string_view part, std::vector<SubToken>& out) const;

  std::vector<double> scores_;  // by id
  double unknown_score_ = 0;
  bool byte_fallback_ = false;
  std::array<std::int32_t, 256> byte_ids_{};
  PrefixTrie trie_;
};

}  // namespace gliner
