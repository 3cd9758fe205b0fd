#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizers/added_tokens.h"
#include "tokenizers/normalizer.h"
#include "tokenizers/post_processor.h"
#include "tokenizers/pre_tokenizer.h"
#include "tokenizers/token_decoder.h"
#include "tokenizers/token_model.h"

namespace gliner {

/// The parts of a tokenizer.json.
struct TokenizerParts {
  std::unique_ptr<const Normalizer> normalizer;       // nullptr: the text stays
  std::unique_ptr<const PreTokenizer> pre_tokenizer;  // nullptr: one piece
  std::string model_kind;
  std::unique_ptr<const TokenModel> model;
  std::vector<AddedToken> added_tokens;
  PostProcessor post_processor;
  std::unique_ptr<const TokenDecoder> decoder;  // nullptr: tokens are joined by blanks
};

/// Reads the text of the file `path`. The sections truncation and padding are checked to be JSON and else
/// ignored: callers of the reference set them themselves. Throws ModelError.
TokenizerParts read_tokenizer_json(std::string_view json, const std::string& path);

}  // namespace gliner
