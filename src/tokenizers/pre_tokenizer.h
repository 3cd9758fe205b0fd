#pragma once

#include <memory>
#include <vector>

#include "tokenizers/json_section.h"
#include "tokenizers/piece.h"

namespace gliner {

/// Splits normalized text into the pieces that the model sees one by one. Immutable and thread-safe.
class PreTokenizer {
 public:
  virtual ~PreTokenizer() = default;
  /// Replaces every piece by its parts, in order; empty parts vanish.
  virtual void split(std::vector<Piece>& pieces) const;

 protected:
  /// Appends the parts of `piece`, which is not empty, to `out`. Empty parts may be among them.
  virtual void split_piece(Piece piece, std::vector<Piece>& out) const = 0;
};

/// Builds the pre-tokenizer that `section` describes. Kinds: Sequence, Metaspace, BertPreTokenizer,
/// ByteLevel, Whitespace, WhitespaceSplit, Punctuation, Digits, Split, CharDelimiterSplit, FixedLength.
/// Throws ModelError.
std::unique_ptr<PreTokenizer> make_pre_tokenizer(const JsonSection& section);

}  // namespace gliner
