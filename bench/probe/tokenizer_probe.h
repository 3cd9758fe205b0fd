#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "tokenizers/tokenizer.h"

namespace gliner {

/// The tokenizer of a checkpoint alone, on one thread, for timing beside the Hugging Face package.
class TokenizerProbe {
 public:
  /// Throws ModelError.
  explicit TokenizerProbe(const std::string& model_dir);

  /// Request:  {"texts": [string, ...], "repeats": passes (5), "ids": give the ids too (false)}.
  /// Reply:    {"bytes", "tokens", "seconds" of the best pass} and, if asked for, "ids", one list per text.
  /// Texts are encoded one call each, without special tokens.
  nlohmann::ordered_json answer(const nlohmann::json& request) const;

 private:
  Tokenizer tokenizer_;
};

}  // namespace gliner
