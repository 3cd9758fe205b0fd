#pragma once

#include "tokenizers/token_model.h"

namespace gliner {

/// Every piece is one entry, or unknown.
class WordLevel : public TokenModel {
 public:
  explicit WordLevel(const RawObject& model);
  void tokenize(std::string_view piece, std::vector<SubToken>& out) const override;
};

}  // namespace gliner
