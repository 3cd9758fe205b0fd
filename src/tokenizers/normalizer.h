#pragma once

#include <memory>

#include "tokenizers/json_section.h"
#include "tokenizers/piece.h"

namespace gliner {

/// One step of the rewriting that happens before a text is split. Immutable and thread-safe.
class Normalizer {
 public:
  virtual ~Normalizer() = default;
  virtual void apply(Piece& piece) const = 0;
};

/// Builds the normalizer that `section` describes. Kinds: Sequence, Precompiled, NFC, NFD, NFKC, NFKD,
/// Lowercase, Strip, StripAccents, Replace, Prepend, BertNormalizer, Nmt, ByteLevel. Throws ModelError.
std::unique_ptr<Normalizer> make_normalizer(const JsonSection& section);

}  // namespace gliner
