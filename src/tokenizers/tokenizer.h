#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace gliner {

/// A Hugging Face tokenizer.json, run exactly as the `tokenizers` package runs it.
///
/// Immutable once shared; `encode*` is thread-safe. Errors of the file are ModelErrors that name the file and
/// the kind that is not supported.
class Tokenizer {
 public:
  /// Reads a tokenizer.json file. Throws ModelError.
  static Tokenizer load(const std::string& path);
  /// The same from memory; `path` is used in messages only.
  static Tokenizer parse(std::string_view json, const std::string& path);

  Tokenizer(Tokenizer&&) noexcept;
  Tokenizer& operator=(Tokenizer&&) noexcept;
  ~Tokenizer();

  /// Adds special tokens that are not yet there, in order, behind all present ids
  /// (`add_special_tokens` of transformers): a token that is already an added token or a vocabulary entry
  /// keeps its id. Call before sharing.
  void add_special_tokens(const std::vector<std::string>& tokens);

  /// Ids of `text` without special tokens around it: `tokenizer.tokenize` + `convert_tokens_to_ids`.
  /// `text` is valid UTF-8; may give no ids at all.
  std::vector<std::int32_t> encode(std::string_view text) const;

  /// Sub-word strings that belong to `encode(text)`, for tests and messages.
  std::vector<std::string> tokens(std::string_view text) const;

  /// Result of encode_words: `word[i]` is the index of the word that token i came from, or -1 for a token of
  /// the post-processor ([CLS], [SEP]).
  struct WordsEncoding {
    std::vector<std::int32_t> ids;
    std::vector<std::int32_t> word;
  };
  /// `tokenizer(words, is_split_into_words=True, add_special_tokens=...)`. Truncates to `max_length` tokens
  /// (special tokens included) when it is > 0.
  WordsEncoding encode_words(const std::vector<std::string>& words, bool add_special_tokens,
                             std::int64_t max_length = 0) const;

  /// The text of ids, special tokens left out: `decode(ids, skip_special_tokens=True)`. A file without
  /// decoder has its tokens joined by blanks. Bytes that are no UTF-8 become U+FFFD. Ids that no token has
  /// are left out.
  std::string decode(const std::vector<std::int32_t>& ids) const;

  /// Id of a token string (added tokens first, then the model's vocabulary) or -1.
  std::int32_t token_to_id(std::string_view token) const;

  /// Entries of the vocabulary including added tokens: `len(tokenizer)`.
  std::int64_t size() const;

  /// Largest id that can come out, plus one.
  std::int64_t id_limit() const;

  /// "Unigram", "WordPiece" or "BPE".
  const std::string& model_kind() const;

 private:
  struct Impl;
  explicit Tokenizer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gliner
