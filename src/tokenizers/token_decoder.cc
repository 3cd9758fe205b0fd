#include "tokenizers/token_decoder.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>

#include "text/utf8.h"
#include "tokenizers/byte_alphabet.h"
#include "tokenizers/regex.h"
#include "tokenizers/search_pattern.h"

namespace gliner {
namespace {

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  if (from.empty()) return;
  std::size_t at = 0;
  while ((at = text.find(from, at)) != std::string::npos) {
    text.replace(at, from.size(), to);
    at += to.size();
  }
}

/// What the crate does beyond clean_up_blanks (decoders/wordpiece.rs, `cleanup`).
std::string clean_up_token(std::string token) {
  token = clean_up_blanks(std::move(token));
  replace_all(token, " do not", " don't");
  return token;
}

class SequenceDecoder : public TokenDecoder {
 public:
  explicit SequenceDecoder(const JsonSection& section) {
    for (const JsonSection& part : section.sections("decoders")) parts_.push_back(make_token_decoder(part));
  }
  void apply(std::vector<std::string>& tokens) const override {
    for (const auto& part : parts_) part->apply(tokens);
  }

 private:
  std::vector<std::unique_ptr<const TokenDecoder>> parts_;
};

class ByteLevelDecoder : public TokenDecoder {
 public:
  void apply(std::vector<std::string>& tokens) const override {
    std::string bytes;
    for (const std::string& token : tokens) bytes += from_byte_alphabet(token).value_or(token);
    tokens.assign(1, replace_invalid_utf8(bytes));
  }
};

class WordPieceDecoder : public TokenDecoder {
 public:
  explicit WordPieceDecoder(const JsonSection& section)
      : prefix_(section.string("prefix")), cleans_up_(section.boolean("cleanup")) {}

  void apply(std::vector<std::string>& tokens) const override {
    for (std::size_t i = 0; i < tokens.size(); ++i) {
      std::string& token = tokens[i];
      if (i > 0 && starts_with(token, prefix_)) {
        token.erase(0, prefix_.size());
      } else if (i > 0) {
        token.insert(0, 1, ' ');
      }
      if (cleans_up_) token = clean_up_token(std::move(token));
    }
  }

 private:
  std::string prefix_;
  bool cleans_up_;
};

class MetaspaceDecoder : public TokenDecoder {
 public:
  explicit MetaspaceDecoder(const JsonSection& section)
      : prepends_(section.find("prepend_scheme") == nullptr || section.string("prepend_scheme") != "never") {
    append_utf8(replacement_, section.code_point("replacement"));
  }

  // The blank that was put before the text is not the text's.
  void apply(std::vector<std::string>& tokens) const override {
    for (std::size_t i = 0; i < tokens.size(); ++i)
      replace_all(tokens[i], replacement_, i == 0 && prepends_ ? "" : " ");
  }

 private:
  std::string replacement_;
  bool prepends_;
};

class BpeDecoder : public TokenDecoder {
 public:
  explicit BpeDecoder(const JsonSection& section) : suffix_(section.string("suffix")) {
    if (suffix_.empty()) section.fail("\"suffix\": expected at least one character, found none");
  }
  void apply(std::vector<std::string>& tokens) const override {
    for (std::size_t i = 0; i < tokens.size(); ++i)
      replace_all(tokens[i], suffix_, i + 1 == tokens.size() ? "" : " ");
  }

 private:
  std::string suffix_;
};

class CtcDecoder : public TokenDecoder {
 public:
  explicit CtcDecoder(const JsonSection& section)
      : pad_(section.string("pad_token")),
        word_delimiter_(section.string("word_delimiter_token")),
        cleans_up_(section.boolean("cleanup")) {}

  void apply(std::vector<std::string>& tokens) const override {
    tokens.erase(std::unique(tokens.begin(), tokens.end()), tokens.end());
    for (std::string& token : tokens) {
      replace_all(token, pad_, "");
      if (!cleans_up_) continue;
      token = clean_up_token(std::move(token));
      replace_all(token, word_delimiter_, " ");
    }
    tokens.erase(std::remove(tokens.begin(), tokens.end(), ""), tokens.end());
  }

 private:
  std::string pad_, word_delimiter_;
  bool cleans_up_;
};

/// Tokens like <0xE2> stand for bytes. A run of them that is no UTF-8 becomes one U+FFFD per byte.
class ByteFallbackDecoder : public TokenDecoder {
 public:
  void apply(std::vector<std::string>& tokens) const override {
    std::vector<std::string> out;
    std::string bytes;
    const auto end_run = [&] {
      if (bytes.empty()) return;
      if (is_valid_utf8(bytes)) {
        out.push_back(bytes);
      } else {
        out.insert(out.end(), bytes.size(), "\xEF\xBF\xBD");
      }
      bytes.clear();
    };
    for (std::string& token : tokens) {
      if (const std::optional<char> byte = byte_of(token)) {
        bytes += *byte;
        continue;
      }
      end_run();
      out.push_back(std::move(token));
    }
    end_run();
    tokens = std::move(out);
  }

 private:
  static std::optional<char> byte_of(const std::string& token) {
    if (token.size() != 6 || !starts_with(token, "<0x") || token.back() != '>') return std::nullopt;
    unsigned value = 0;
    const char* const begin = token.data() + 3;
    const auto [end, error] = std::from_chars(begin, begin + 2, value, 16);
    if (error != std::errc() || end != begin + 2) return std::nullopt;
    return static_cast<char>(static_cast<unsigned char>(value));
  }
};

class FuseDecoder : public TokenDecoder {
 public:
  void apply(std::vector<std::string>& tokens) const override {
    std::string all;
    for (const std::string& token : tokens) all += token;
    tokens.assign(1, std::move(all));
  }
};

class StripDecoder : public TokenDecoder {
 public:
  explicit StripDecoder(const JsonSection& section) : start_(section.id("start")), stop_(section.id("stop")) {
    append_utf8(content_, section.code_point("content"));
  }

  void apply(std::vector<std::string>& tokens) const override {
    for (std::string& token : tokens) {
      for (std::int32_t i = 0; i < start_ && starts_with(token, content_); ++i)
        token.erase(0, content_.size());
      for (std::int32_t i = 0; i < stop_ && ends_with(token); ++i)
        token.resize(token.size() - content_.size());
    }
  }

 private:
  bool ends_with(const std::string& token) const {
    return token.size() >= content_.size() &&
           token.compare(token.size() - content_.size(), content_.size(), content_) == 0;
  }

  std::string content_;
  std::int32_t start_, stop_;
};

class ReplaceDecoder : public TokenDecoder {
 public:
  explicit ReplaceDecoder(const JsonSection& section)
      : pattern_(read_search_pattern(section)), content_(section.string("content")) {}
  void apply(std::vector<std::string>& tokens) const override {
    for (std::string& token : tokens) token = replace_matches(token, pattern_.find_all(token), content_);
  }

 private:
  Regex pattern_;
  std::string content_;
};

}  // namespace

std::unique_ptr<const TokenDecoder> make_token_decoder(const JsonSection& section) {
  const std::string kind = section.kind();
  if (kind == "Sequence") return std::make_unique<SequenceDecoder>(section);
  if (kind == "ByteLevel") return std::make_unique<ByteLevelDecoder>();
  if (kind == "WordPiece") return std::make_unique<WordPieceDecoder>(section);
  if (kind == "Metaspace") return std::make_unique<MetaspaceDecoder>(section);
  if (kind == "BPEDecoder") return std::make_unique<BpeDecoder>(section);
  if (kind == "CTC") return std::make_unique<CtcDecoder>(section);
  if (kind == "ByteFallback") return std::make_unique<ByteFallbackDecoder>();
  if (kind == "Fuse") return std::make_unique<FuseDecoder>();
  if (kind == "Strip") return std::make_unique<StripDecoder>(section);
  if (kind == "Replace") return std::make_unique<ReplaceDecoder>(section);
  section.fail(fmt::format("decoder kind \"{}\" is not supported", kind));
}

std::string clean_up_blanks(std::string text) {
  static constexpr std::pair<std::string_view, std::string_view> kReplacements[] = {
      {" .", "."},     {" ?", "?"},   {" !", "!"},   {" ,", ","},     {" ' ", "'"},
      {" n't", "n't"}, {" 'm", "'m"}, {" 's", "'s"}, {" 've", "'ve"}, {" 're", "'re"}};
  for (const auto& [from, to] : kReplacements) replace_all(text, from, to);
  return text;
}

}  // namespace gliner
