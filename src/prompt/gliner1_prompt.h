#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/gliner1_config.h"
#include "prompt/span_batch.h"
#include "schema/schema_spec.h"
#include "text/word_splitter.h"
#include "tokenizers/tokenizer.h"

namespace gliner {

/// The tokenizers of a GLiNER v1 checkpoint with what its configuration says of them.
struct Gliner1Tokenizers {
  struct One {
    std::shared_ptr<const Tokenizer> tokenizer;  ///< Null: the checkpoint has none of this kind.
    std::int64_t max_tokens = 0;                 ///< model_max_length; 0: no limit.
  };
  One text;
  One labels;                      ///< Bi-encoder
  One decoder;                     ///< Label generation
  std::int32_t label_id = -1;      ///< The marker whose state is a label's vector.
  std::int32_t relation_id = -1;   ///< The same for relations.
  std::int32_t separator_id = -1;  ///< Streaming: ends the prompt.
};

/// A schema as GLiNER v1 is asked for it. Immutable.
struct Gliner1Prompt {
  std::shared_ptr<const SchemaSpec> spec;
  std::vector<std::string> labels;  ///< Names in results.
  std::vector<std::string> texts;   ///< What the model reads for each: the description where there is one.
  std::vector<std::string> relations;
  std::vector<std::string> words;  ///< What stands in front of a text.
};

/// Builds the prompt of entities and relations (gliner/data_processing/processor.py, prepare_inputs). Throws
/// InputError for what no GLiNER v1 model finds (classes, records, attributes), for relations where this one
/// has none, and for two labels with one description.
Gliner1Prompt compile_gliner1_prompt(std::shared_ptr<const SchemaSpec> spec, const Gliner1Config& config);

/// A text made ready for the model.
struct Gliner1Text {
  std::vector<WordSpan> words;  ///< Kept words, byte ranges of the text.
  std::int64_t total_words = 0;
  std::int64_t truncated_words = 0;   ///< Beyond max_len.
  std::int64_t truncated_tokens = 0;  ///< Sub-word tokens beyond the tokenizer's limit.
  std::vector<std::int32_t> ids;
  SpanSequence sequence;  ///< Token places from 0; thresholds not filled.
};

/// Splits, cuts to `max_len` words (absent: the model's own) and tokenises. `text` is valid UTF-8.
Gliner1Text prepare_gliner1_text(const Gliner1Prompt& prompt, const std::string& text,
                                 const Gliner1Config& config, const Gliner1Tokenizers& tokenizers,
                                 std::optional<int> max_len);

/// True for a text that the reference leaves out: Python's str.strip leaves nothing of it.
bool is_blank_text(const std::string& text);

/// Appends a text to a batch: its places become places of the batch.
void append_sequence(SpanBatch& batch, const Gliner1Text& text);

}  // namespace gliner
