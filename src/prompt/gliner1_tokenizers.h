#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "config/gliner1_config.h"
#include "gliner/options.h"
#include "tokenizers/tokenizer.h"

namespace gliner {

/// The tokenizers of a GLiNER v1 checkpoint with what its configuration says of them.
struct Gliner1Tokenizers {
  struct One {
    std::shared_ptr<const Tokenizer> tokenizer;  ///< Null: the checkpoint has none of this kind.
    std::int64_t max_tokens = 0;                 ///< model_max_length; 0: no limit.
    std::int32_t end_id = -1;                    ///< eos_token; -1: none.
    std::int32_t pad_id = -1;                    ///< pad_token, else eos_token.
    std::int32_t begin_id = -1;                  ///< bos_token
    bool cleans_up_blanks = false;               ///< clean_up_tokenization_spaces; a BPE's is ignored.

    /// The text of ids, as transformers' tokenizer gives it (`decode(ids, skip_special_tokens=True)`).
    std::string decode(const std::vector<std::int32_t>& ids) const;
  };
  One text;
  One labels;                      ///< Bi-encoder
  One decoder;                     ///< Label generation
  std::int32_t label_id = -1;      ///< The marker whose state is a label's vector.
  std::int32_t relation_id = -1;   ///< The same for relations.
  std::int32_t separator_id = -1;  ///< Streaming: ends the prompt.
};

/// Loads the tokenizers that `config` needs, adds the markers where the reference would, and finds their ids.
/// Throws ModelError: a tokenizer that is missing, a marker that is not where the configuration says.
Gliner1Tokenizers load_gliner1_tokenizers(const ModelFiles& files, const Gliner1Config& config);

}  // namespace gliner
