#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gliner/export.h"
#include "gliner/options.h"

namespace gliner {

/// A word of a text with its sub-word ids.
struct TokenizedWord {
  std::string word;             ///< Lower-cased, as the model sees it.
  std::int64_t begin_char = 0;  ///< Code points of the text, half-open.
  std::int64_t end_char = 0;
  std::int64_t begin_byte = 0;  ///< UTF-8 bytes of the text, half-open.
  std::int64_t end_byte = 0;
  std::vector<std::int32_t> ids;
};

/// The tokenizer of a checkpoint alone: loads in milliseconds and needs no weights.
/// Immutable after loading; safe to share between threads.
class GLINER_EXPORT WordTokenizer {
 public:
  /// Loads `directory`/tokenizer.json and adds the GLiNER2 markers as the reference does. Throws ModelError.
  static WordTokenizer load(const std::string& directory);

  /// Splits `text` (UTF-8) into words and each word into sub-word ids. Throws InputError on invalid UTF-8.
  std::vector<TokenizedWord> tokenize(std::string_view text,
                                      WordSplitter splitter = WordSplitter::kWhitespace) const;

 private:
  struct Impl;
  explicit WordTokenizer(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

/// What a GLiNER v1 model reads of a text and its labels.
struct PromptTokens {
  std::vector<TokenizedWord> words;        ///< Of the text, case kept; without their `ids`.
  std::vector<std::int32_t> ids;           ///< Labels, separator and text.
  std::vector<std::int32_t> word_numbers;  ///< Per id: the 1-based word whose vector it makes, or 0.
  std::vector<std::vector<std::int32_t>>
      label_ids;                          ///< Bi-encoders: what the label encoder reads, a row a label.
  std::vector<std::int32_t> decoder_ids;  ///< Label-generating models: what the decoder reads.
  std::vector<std::int32_t> decoder_word_numbers;
};

/// The prompt of a GLiNER v1 checkpoint without its weights: how many tokens do a text and its labels take,
/// and what is cut? Immutable after loading; safe to share between threads.
class GLINER_EXPORT PromptTokenizer {
 public:
  /// Loads gliner_config.json and the tokenizers of `directory`. Throws ModelError.
  static PromptTokenizer load(const std::string& directory);

  /// Throws InputError on a text or a label that is not valid UTF-8.
  PromptTokens tokenize(const std::string& text, const std::vector<std::string>& labels) const;

 private:
  struct Impl;
  explicit PromptTokenizer(std::shared_ptr<const Impl> impl);
  std::shared_ptr<const Impl> impl_;
};

}  // namespace gliner
