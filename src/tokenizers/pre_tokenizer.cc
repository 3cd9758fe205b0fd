#include "tokenizers/pre_tokenizer.h"

#include <fmt/format.h>

#include <algorithm>

#include "text/utf8.h"
#include "tokenizers/byte_alphabet.h"
#include "tokenizers/char_class.h"
#include "tokenizers/search_pattern.h"
#include "tokenizers/split_behavior.h"

namespace gliner {

void PreTokenizer::split(std::vector<Piece>& pieces) const {
  std::vector<Piece> parts;
  parts.reserve(pieces.size());
  for (Piece& piece : pieces) {
    const auto first = static_cast<std::ptrdiff_t>(parts.size());
    split_piece(std::move(piece), parts);
    const auto is_empty = [](const Piece& part) { return part.text.empty(); };
    parts.erase(std::remove_if(parts.begin() + first, parts.end(), is_empty), parts.end());
  }
  pieces = std::move(parts);
}

namespace {

// Every code point for which `is_delimiter` holds is a match of its own.
template <typename IsDelimiter>
std::vector<Match> find_delimiters(std::string_view text, IsDelimiter is_delimiter) {
  std::vector<Match> matches;
  std::size_t covered = 0;
  for (std::size_t pos = 0; pos < text.size();) {
    const std::size_t begin = pos;
    if (!is_delimiter(next_code_point(text, pos))) continue;
    if (covered < begin) matches.push_back({covered, begin, false});
    matches.push_back({begin, pos, true});
    covered = pos;
  }
  if (covered < text.size()) matches.push_back({covered, text.size(), false});
  return matches;
}

class SequencePreTokenizer : public PreTokenizer {
 public:
  explicit SequencePreTokenizer(const JsonSection& section) {
    for (const JsonSection& part : section.sections("pretokenizers"))
      parts_.push_back(make_pre_tokenizer(part));
  }
  void split(std::vector<Piece>& pieces) const override {
    for (const auto& part : parts_) part->split(pieces);
  }

 protected:
  void split_piece(Piece piece, std::vector<Piece>& out) const override { out.push_back(std::move(piece)); }

 private:
  std::vector<std::unique_ptr<PreTokenizer>> parts_;
};

class DelimiterPreTokenizer : public PreTokenizer {
 public:
  using IsDelimiter = bool (*)(char32_t);
  DelimiterPreTokenizer(IsDelimiter is_delimiter, SplitBehavior behavior)
      : is_delimiter_(is_delimiter), behavior_(behavior) {}

 protected:
  void split_piece(Piece piece, std::vector<Piece>& out) const override {
    split_at(piece, find_delimiters(piece.text, is_delimiter_), behavior_, out);
  }

 private:
  IsDelimiter is_delimiter_;
  SplitBehavior behavior_;
};

class CharDelimiterSplit : public PreTokenizer {
 public:
  explicit CharDelimiterSplit(const JsonSection& section) : delimiter_(section.code_point("delimiter")) {}

 protected:
  void split_piece(Piece piece, std::vector<Piece>& out) const override {
    const auto matches = find_delimiters(piece.text, [this](char32_t cp) { return cp == delimiter_; });
    split_at(piece, matches, SplitBehavior::kRemoved, out);
  }

 private:
  char32_t delimiter_;
};

class BertPreTokenizer : public PreTokenizer {
 public:
  // Drops white space and makes every punctuation character a piece of its own, in one pass.
 protected:
  void split_piece(Piece piece, std::vector<Piece>& out) const override {
    const std::string_view text = piece.text;
    std::size_t word = 0;
    const auto push = [&](std::size_t begin, std::size_t end) {
      if (begin < end)
        out.push_back({std::string(text.substr(begin, end - begin)), piece.at_origin && begin == 0});
    };
    for (std::size_t pos = 0; pos < text.size();) {
      const std::size_t begin = pos;
      const char32_t cp = next_code_point(text, pos);
      const bool punctuation = bert_is_punctuation(cp);
      if (!punctuation && !rust_is_whitespace(cp)) continue;
      push(word, begin);
      if (punctuation) push(begin, pos);
      word = pos;
    }
    push(word, text.size());
  }
};

class SplitPreTokenizer : public PreTokenizer {
 public:
  explicit SplitPreTokenizer(const JsonSection& section)
      : pattern_(read_search_pattern(section)),
        behavior_(read_split_behavior(section)),
        invert_(section.boolean("invert")) {}

 protected:
  void split_piece(Piece piece, std::vector<Piece>& out) const override {
    std::vector<Match> matches = pattern_.find_all(piece.text);
    if (invert_) {
      for (Match& match : matches) match.is_match = !match.is_match;
    }
    split_at(piece, matches, behavior_, out);
  }

 private:
  Regex pattern_;
  SplitBehavior behavior_;
  bool invert_;
};

// The pattern `\w+|[^\w\s]+` of the `regex` crate: runs of word characters and runs of what is neither word
// nor white space.
class WhitespacePreTokenizer : public PreTokenizer {
 protected:
  void split_piece(Piece piece, std::vector<Piece>& out) const override {
    enum class Class { kSpace, kWord, kOther };
    const std::string_view text = piece.text;
    Class run = Class::kSpace;
    std::size_t run_begin = 0;
    const auto push = [&](std::size_t end) {
      if (run == Class::kSpace) return;
      out.push_back(
          {std::string(text.substr(run_begin, end - run_begin)), piece.at_origin && run_begin == 0});
    };
    for (std::size_t pos = 0; pos < text.size();) {
      const std::size_t begin = pos;
      const char32_t cp = next_code_point(text, pos);
      const Class here = rust_is_word(cp)         ? Class::kWord
                         : rust_is_whitespace(cp) ? Class::kSpace
                                                  : Class::kOther;
      if (here == run) continue;
      push(begin);
      run = here;
      run_begin = begin;
    }
    push(text.size());
  }
};

class ByteLevelPreTokenizer : public PreTokenizer {
 public:
  explicit ByteLevelPreTokenizer(const JsonSection& section)
      : add_prefix_space_(section.boolean("add_prefix_space")),
        use_regex_(section.boolean_or("use_regex", true)) {}

 protected:
  void split_piece(Piece piece, std::vector<Piece>& out) const override {
    if (add_prefix_space_ && piece.text[0] != ' ') piece.text.insert(0, 1, ' ');
    const std::size_t first = out.size();
    if (use_regex_) {
      split_at(piece, word_pattern().find_all(piece.text), SplitBehavior::kIsolated, out);
    } else {
      out.push_back(std::move(piece));
    }
    for (std::size_t i = first; i < out.size(); ++i) out[i].text = to_byte_alphabet(out[i].text);
  }

 private:
  // The pattern of GPT-2's encoder.py.
  static const Regex& word_pattern() {
    static const Regex pattern =
        Regex::oniguruma(R"('s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+)");
    return pattern;
  }

  bool add_prefix_space_;
  bool use_regex_;
};

class MetaspacePreTokenizer : public PreTokenizer {
 public:
  explicit MetaspacePreTokenizer(const JsonSection& section)
      : replacement_(section.code_point("replacement")),
        prepend_(read_prepend(section)),
        split_(section.boolean_or("split", true)) {
    append_utf8(replacement_text_, replacement_);
  }

 protected:
  void split_piece(Piece piece, std::vector<Piece>& out) const override {
    std::string text;
    text.reserve(piece.text.size() + 8);
    const bool prepend = prepend_ == Prepend::kAlways || (prepend_ == Prepend::kFirst && piece.at_origin);
    const bool marked =
        piece.text[0] == ' ' || piece.text.compare(0, replacement_text_.size(), replacement_text_) == 0;
    if (prepend && !marked) text += replacement_text_;
    for (const char c : piece.text) {
      if (c == ' ') {
        text += replacement_text_;
      } else {
        text += c;
      }
    }
    piece.text = std::move(text);
    if (!split_) {
      out.push_back(std::move(piece));
      return;
    }
    const auto matches = find_delimiters(piece.text, [this](char32_t cp) { return cp == replacement_; });
    split_at(piece, matches, SplitBehavior::kMergedWithNext, out);
  }

 private:
  enum class Prepend { kAlways, kFirst, kNever };

  // Older files say "add_prefix_space", which must agree with "prepend_scheme" where it says no.
  static Prepend read_prepend(const JsonSection& section) {
    const std::string scheme =
        section.find("prepend_scheme") == nullptr ? "always" : section.string("prepend_scheme");
    if (scheme != "always" && scheme != "first" && scheme != "never") {
      section.fail(fmt::format("\"prepend_scheme\": expected always, first or never, found \"{}\"", scheme));
    }
    if (!section.boolean_or("add_prefix_space", true) && scheme != "never") {
      section.fail("\"add_prefix_space\" does not match \"prepend_scheme\"");
    }
    return scheme == "always" ? Prepend::kAlways : scheme == "first" ? Prepend::kFirst : Prepend::kNever;
  }

  char32_t replacement_;
  std::string replacement_text_;
  Prepend prepend_;
  bool split_;
};

class FixedLengthPreTokenizer : public PreTokenizer {
 public:
  explicit FixedLengthPreTokenizer(const JsonSection& section)
      : length_(section.find("length") == nullptr ? 5 : section.id("length")) {
    if (length_ < 1) section.fail("\"length\": expected at least 1, found 0");
  }

 protected:
  void split_piece(Piece piece, std::vector<Piece>& out) const override {
    const std::string_view text = piece.text;
    for (std::size_t pos = 0; pos < text.size();) {
      const std::size_t begin = pos;
      for (std::int32_t i = 0; i < length_ && pos < text.size(); ++i) next_code_point(text, pos);
      out.push_back({std::string(text.substr(begin, pos - begin)), piece.at_origin && begin == 0});
    }
  }

 private:
  std::int32_t length_;
};

}  // namespace

std::unique_ptr<PreTokenizer> make_pre_tokenizer(const JsonSection& section) {
  const auto delimiters = [](DelimiterPreTokenizer::IsDelimiter is_delimiter, SplitBehavior behavior) {
    return std::make_unique<DelimiterPreTokenizer>(is_delimiter, behavior);
  };
  const std::string kind = section.kind();
  if (kind == "Sequence") return std::make_unique<SequencePreTokenizer>(section);
  if (kind == "Metaspace") return std::make_unique<MetaspacePreTokenizer>(section);
  if (kind == "BertPreTokenizer") return std::make_unique<BertPreTokenizer>();
  if (kind == "ByteLevel") return std::make_unique<ByteLevelPreTokenizer>(section);
  if (kind == "Whitespace") return std::make_unique<WhitespacePreTokenizer>();
  if (kind == "WhitespaceSplit") return delimiters(rust_is_whitespace, SplitBehavior::kRemoved);
  if (kind == "Punctuation") {
    const bool named = section.find("behavior") != nullptr;
    return delimiters(bert_is_punctuation, named ? read_split_behavior(section) : SplitBehavior::kIsolated);
  }
  if (kind == "Digits") {
    const bool individual = section.boolean("individual_digits");
    return delimiters(rust_is_numeric, individual ? SplitBehavior::kIsolated : SplitBehavior::kContiguous);
  }
  if (kind == "Split") return std::make_unique<SplitPreTokenizer>(section);
  if (kind == "CharDelimiterSplit") return std::make_unique<CharDelimiterSplit>(section);
  if (kind == "FixedLength") return std::make_unique<FixedLengthPreTokenizer>(section);
  section.fail(fmt::format("pre-tokenizer kind \"{}\" is not supported", kind));
}

}  // namespace gliner
