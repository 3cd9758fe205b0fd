#include "tokenizers/normalizer.h"

#include <fmt/format.h>
#include <unicode/normalizer2.h>
#include <unicode/uniset.h>

#include <algorithm>
#include <vector>

#include "base/check.h"
#include "text/utf8.h"
#include "tokenizers/byte_alphabet.h"
#include "tokenizers/char_class.h"
#include "tokenizers/charsmap.h"
#include "tokenizers/search_pattern.h"

namespace gliner {
namespace {

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Keeps the code points for which `keep` holds.
template <typename Keep>
void filter(Piece& piece, Keep keep) {
  std::string kept;
  kept.reserve(piece.text.size());
  for (std::size_t pos = 0; pos < piece.text.size();) {
    const std::size_t begin = pos;
    if (keep(next_code_point(piece.text, pos))) {
      kept.append(piece.text, begin, pos - begin);
    } else if (begin == 0) {
      piece.at_origin = false;
    }
  }
  piece.text = std::move(kept);
}

// Hands every code point to `append(out, cp)`.
template <typename Append>
void rewrite(std::string& text, Append append) {
  std::string out;
  out.reserve(text.size() + text.size() / 2);
  for (std::size_t pos = 0; pos < text.size();) append(out, next_code_point(text, pos));
  text = std::move(out);
}

void lower(std::string& text) {
  if (is_ascii(text)) {
    for (char& c : text) c = static_cast<char>(rust_lower(static_cast<unsigned char>(c)).first);
    return;
  }
  rewrite(text, [](std::string& out, char32_t cp) {
    const LowerCase lower_case = rust_lower(cp);
    append_utf8(out, lower_case.first);
    if (lower_case.second != 0) append_utf8(out, lower_case.second);
  });
}

class SequenceNormalizer : public Normalizer {
 public:
  explicit SequenceNormalizer(const JsonSection& section) {
    for (const JsonSection& part : section.sections("normalizers")) parts_.push_back(make_normalizer(part));
  }
  void apply(Piece& piece) const override {
    for (const auto& part : parts_) part->apply(piece);
  }

 private:
  std::vector<std::unique_ptr<Normalizer>> parts_;
};

enum class Form { kNfc, kNfd, kNfkc, kNfkd };

// Unicode normalization as of version 9.0, which the crate `unicode-normalization-alignments` carries: a code
// point that came later is left alone and separates its neighbours.
const icu::Normalizer2& unicode_9_form(Form form) {
  struct Forms {
    icu::UnicodeSet known;
    std::vector<icu::FilteredNormalizer2> filtered;
    Forms() {
      UErrorCode error = U_ZERO_ERROR;
      known.applyPattern(UNICODE_STRING_SIMPLE("[:age=9.0:]"), error);
      known.freeze();
      const std::vector<const icu::Normalizer2*> plain = {
          icu::Normalizer2::getNFCInstance(error), icu::Normalizer2::getNFDInstance(error),
          icu::Normalizer2::getNFKCInstance(error), icu::Normalizer2::getNFKDInstance(error)};
      GLINER_CHECK(U_SUCCESS(error));
      filtered.reserve(plain.size());
      for (const icu::Normalizer2* one : plain) filtered.emplace_back(*one, known);
    }
  };
  static const Forms forms;
  return forms.filtered[static_cast<std::size_t>(form)];
}

void normalize(std::string& text, Form form) {
  if (is_ascii(text)) return;
  std::string out;
  icu::StringByteSink<std::string> sink(&out);
  UErrorCode error = U_ZERO_ERROR;
  unicode_9_form(form).normalizeUTF8(0, text, sink, nullptr, error);
  GLINER_CHECK(U_SUCCESS(error));
  text = std::move(out);
}

class UnicodeNormalizer : public Normalizer {
 public:
  explicit UnicodeNormalizer(Form form) : form_(form) {}
  void apply(Piece& piece) const override { normalize(piece.text, form_); }

 private:
  Form form_;
};

class LowercaseNormalizer : public Normalizer {
 public:
  void apply(Piece& piece) const override { lower(piece.text); }
};

class StripNormalizer : public Normalizer {
 public:
  explicit StripNormalizer(const JsonSection& section)
      : left_(section.boolean("strip_left")), right_(section.boolean("strip_right")) {}

  void apply(Piece& piece) const override {
    const std::string& text = piece.text;
    std::size_t begin = 0;
    std::size_t end = text.size();
    for (std::size_t pos = 0; left_ && pos < end && rust_is_whitespace(next_code_point(text, pos));)
      begin = pos;
    if (right_) {
      end = begin;
      for (std::size_t pos = begin; pos < text.size();) {
        if (!rust_is_whitespace(next_code_point(text, pos))) end = pos;
      }
    }
    if (begin > 0) piece.at_origin = false;
    piece.text = text.substr(begin, end - begin);
  }

 private:
  bool left_;
  bool right_;
};

class StripAccentsNormalizer : public Normalizer {
 public:
  void apply(Piece& piece) const override {
    filter(piece, [](char32_t cp) { return !is_combining_mark(cp); });
  }
};

class ReplaceNormalizer : public Normalizer {
 public:
  explicit ReplaceNormalizer(const JsonSection& section)
      : pattern_(read_search_pattern(section)), content_(section.string("content")) {}

  void apply(Piece& piece) const override {
    const std::string& text = piece.text;
    const std::vector<Match> matches = pattern_.find_all(text);
    if (std::none_of(matches.begin(), matches.end(), [](const Match& m) { return m.is_match; })) return;
    std::string out = replace_matches(text, matches, content_);
    // The content takes the place of the last character that it replaces.
    if (const Match& first = matches.front(); first.is_match && first.end > 0) {
      std::size_t first_end = 0;
      next_code_point(text, first_end);
      if (content_.empty() || first.end > first_end) piece.at_origin = false;
    }
    piece.text = std::move(out);
  }

 private:
  Regex pattern_;
  std::string content_;
};

class PrependNormalizer : public Normalizer {
 public:
  explicit PrependNormalizer(const JsonSection& section) : prefix_(section.string("prepend")) {}
  void apply(Piece& piece) const override {
    if (!piece.text.empty()) piece.text.insert(0, prefix_);
  }

 private:
  std::string prefix_;
};

class NmtNormalizer : public Normalizer {
 public:
  void apply(Piece& piece) const override {
    filter(piece, [](char32_t cp) { return !is_dropped(cp); });
    rewrite(piece.text, [](std::string& out, char32_t cp) { append_utf8(out, is_blank(cp) ? U' ' : cp); });
  }

 private:
  static bool is_dropped(char32_t cp) {
    return (cp >= 0x01 && cp <= 0x08) || cp == 0x0B || (cp >= 0x0E && cp <= 0x1F) || cp == 0x7F ||
           cp == 0x8F || cp == 0x9F;
  }
  static bool is_blank(char32_t cp) {
    return cp == 0x09 || cp == 0x0A || cp == 0x0C || cp == 0x0D || cp == 0x1680 ||
           (cp >= 0x200B && cp <= 0x200F) || cp == 0x2028 || cp == 0x2029 || cp == 0x2581 || cp == 0xFEFF ||
           cp == 0xFFFD;
  }
};

class ByteLevelNormalizer : public Normalizer {
 public:
  void apply(Piece& piece) const override { piece.text = to_byte_alphabet(piece.text); }
};

class BertNormalizer : public Normalizer {
 public:
  explicit BertNormalizer(const JsonSection& section)
      : clean_text_(section.boolean("clean_text")),
        handle_chinese_chars_(section.boolean("handle_chinese_chars")),
        lowercase_(section.boolean("lowercase")),
        strip_accents_(section.boolean_or("strip_accents", lowercase_)) {}

  void apply(Piece& piece) const override {
    if (clean_text_) clean(piece);
    if (is_ascii(piece.text)) {
      if (lowercase_) lower(piece.text);
      return;
    }
    if (handle_chinese_chars_) rewrite(piece.text, separate_chinese);
    if (strip_accents_) {
      normalize(piece.text, Form::kNfd);
      filter(piece, [](char32_t cp) { return !bert_is_accent(cp); });
    }
    if (lowercase_) lower(piece.text);
  }

 private:
  static void clean(Piece& piece) {
    filter(piece, [](char32_t cp) { return cp != 0 && cp != 0xFFFD && !bert_is_control(cp); });
    rewrite(piece.text,
            [](std::string& out, char32_t cp) { append_utf8(out, rust_is_whitespace(cp) ? U' ' : cp); });
  }
  static void separate_chinese(std::string& out, char32_t cp) {
    const bool chinese = bert_is_chinese(cp);
    if (chinese) out += ' ';
    append_utf8(out, cp);
    if (chinese) out += ' ';
  }

  bool clean_text_;
  bool handle_chinese_chars_;
  bool lowercase_;
  bool strip_accents_;  // null follows lowercase
};

class PrecompiledNormalizer : public Normalizer {
 public:
  explicit PrecompiledNormalizer(const JsonSection& section) : charsmap_(Charsmap::read(section)) {}
  void apply(Piece& piece) const override { piece.text = charsmap_.normalize(piece.text); }

 private:
  Charsmap charsmap_;
};

}  // namespace

std::unique_ptr<Normalizer> make_normalizer(const JsonSection& section) {
  const std::string kind = section.kind();
  if (kind == "Sequence") return std::make_unique<SequenceNormalizer>(section);
  if (kind == "Precompiled") return std::make_unique<PrecompiledNormalizer>(section);
  if (kind == "NFC") return std::make_unique<UnicodeNormalizer>(Form::kNfc);
  if (kind == "NFD") return std::make_unique<UnicodeNormalizer>(Form::kNfd);
  if (kind == "NFKC") return std::make_unique<UnicodeNormalizer>(Form::kNfkc);
  if (kind == "NFKD") return std::make_unique<UnicodeNormalizer>(Form::kNfkd);
  if (kind == "Lowercase") return std::make_unique<LowercaseNormalizer>();
  if (kind == "Strip") return std::make_unique<StripNormalizer>(section);
  if (kind == "StripAccents") return std::make_unique<StripAccentsNormalizer>();
  if (kind == "Replace") return std::make_unique<ReplaceNormalizer>(section);
  if (kind == "Prepend") return std::make_unique<PrependNormalizer>(section);
  if (kind == "BertNormalizer") return std::make_unique<BertNormalizer>(section);
  if (kind == "Nmt") return std::make_unique<NmtNormalizer>();
  if (kind == "ByteLevel") return std::make_unique<ByteLevelNormalizer>();
  section.fail(fmt::format("normalizer kind \"{}\" is not supported", kind));
}

}  // namespace gliner
