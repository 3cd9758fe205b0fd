#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <vector>

namespace gliner {

/// A part of a text, and whether a pattern matched it.
struct Match {
  std::size_t begin;
  std::size_t end;
  bool is_match;
};

/// A pattern of tokenizer.json, compiled once. Immutable and thread-safe.
class Regex {
 public:
  /// An Oniguruma pattern. Throws PatternError.
  static Regex oniguruma(std::string_view pattern);
  /// Every character stands for itself.
  static Regex literal(std::string_view text);

  Regex(Regex&&) noexcept;
  Regex& operator=(Regex&&) noexcept;
  ~Regex();

  /// All matches from left to right with the stretches between them: ordered, and covering `text` (valid
  /// UTF-8). Empty matches are found as the iterator of the `onig` crate finds them: not right behind another
  /// match. Throws InputError if the engine gives up on the text.
  std::vector<Match> find_all(std::string_view text) const;

 private:
  struct Impl;
  explicit Regex(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

}  // namespace gliner
