#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "gliner/options.h"
#include "prompt/packed_batch.h"
#include "prompt/task_prompt.h"
#include "schema/schema_spec.h"
#include "text/word_splitter.h"
#include "tokenizers/tokenizer.h"

namespace gliner {

/// A schema made ready for every text that is asked for it: token ids, marker places and the rows in front of
/// the text. Immutable; shared by all texts of a batch.
struct CompiledPrompt {
  std::shared_ptr<const SchemaSpec> spec;
  std::vector<TaskPrompt> tasks;
  ChoicePrefix prefix;
  std::vector<std::int32_t> ids;                   ///< Schema, [SEP_TEXT], choice prefix.
  std::vector<std::vector<std::int32_t>> markers;  ///< Per task: token of [P], then of each label marker.
  std::vector<TokenRange> rows;                    ///< Rows in front of the text's words.
  /// The schema was malformed: the prompt is the reference's stand-in and the text is a single ".".
  bool fallback = false;
};

/// Builds the prompt (processor.py, _format_input_with_mapping). `pooling` decides how markers are found: by
/// place for first-token pooling, by id for mean and max, as the reference does; so a special token inside a
/// description counts as a marker for the latter. A malformed schema throws InputError with first-token
/// pooling, where the reference breaks down too.
CompiledPrompt compile_prompt(std::shared_ptr<const SchemaSpec> spec, const Tokenizer& tokenizer,
                              TokenPooling pooling);

/// A text made ready for the model.
struct PreparedText {
  std::string text;             ///< With the full stop that the reference appends.
  std::vector<WordSpan> words;  ///< Kept words, byte ranges of `text`.
  std::int64_t total_words = 0;
  std::int64_t truncated_words = 0;  ///< Words of the caller's text that were dropped.
  std::vector<std::int32_t> ids;
  std::vector<TokenRange> rows;  ///< Prompt rows, then one per word (mean, max: per word that has tokens).
  std::int32_t first_text_row = 0;
};

/// `text` with a full stop unless it ends in `.`, `!` or `?` (processor.py, _normalize_text).
std::string normalize_text(const std::string& text);

/// Splits, truncates to `max_len` words and tokenises. `text` is valid UTF-8.
PreparedText prepare_text(const CompiledPrompt& prompt, const std::string& text, const Tokenizer& tokenizer,
                          WordSplitter splitter, TokenPooling pooling, std::optional<int> max_len);

}  // namespace gliner
