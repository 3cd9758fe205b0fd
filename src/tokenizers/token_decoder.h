#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tokenizers/json_section.h"

namespace gliner {

/// The way back from tokens to a text: the section "decoder" of a tokenizer.json. Immutable and thread-safe.
class TokenDecoder {
 public:
  virtual ~TokenDecoder() = default;
  /// Makes of tokens, as the vocabulary spells them, the parts of the text, to be joined without anything
  /// between them (`decode_chain` of the crate `tokenizers`). Valid UTF-8 stays valid.
  virtual void apply(std::vector<std::string>& tokens) const = 0;
};

/// Builds the decoder that `section` describes. Kinds: Sequence, ByteLevel, WordPiece, Metaspace, BPEDecoder,
/// CTC, ByteFallback, Fuse, Strip, Replace. Throws ModelError.
std::unique_ptr<const TokenDecoder> make_token_decoder(const JsonSection& section);

/// English text without the blanks that tokens leave before punctuation and contractions
/// (`clean_up_tokenization` of transformers).
std::string clean_up_blanks(std::string text);

}  // namespace gliner
