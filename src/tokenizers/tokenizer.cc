#include "tokenizers/tokenizer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "base/mapped_file.h"
#include "text/utf8.h"
#include "tokenizers/tokenizer_json.h"
#include "tokenizers/word_cache.h"

namespace gliner {
namespace {

constexpr std::size_t kCachedTexts = 50'000;  // the reference's bound (gliner2/processor.py)

}  // namespace

struct Tokenizer::Impl {
  Impl(TokenizerParts read, const std::string& path) : parts(std::move(read)), added(path) {
    added.add(parts.added_tokens, parts.model->vocabulary(), parts.normalizer.get());
  }

  // Added tokens of the raw text are cut out first, then those of the normalized rest; the model cuts what
  // remains.
  std::vector<SubToken> sub_tokens(std::string_view text) const {
    std::vector<SubToken> out;
    for (const AddedTokens::Part& part : added.split(text, AddedTokens::Stage::kRaw)) {
      const std::string_view part_text = text.substr(part.begin, part.end - part.begin);
      if (part.id >= 0) {
        push_added(part.id, part_text, out);
        continue;
      }
      Piece piece{std::string(part_text), part.begin == 0};
      if (parts.normalizer != nullptr) parts.normalizer->apply(piece);
      split_normalized(std::move(piece), out);
    }
    return out;
  }

  void split_normalized(Piece piece, std::vector<SubToken>& out) const {
    const std::string_view text = piece.text;
    std::vector<Piece> pieces;
    for (const AddedTokens::Part& part : added.split(text, AddedTokens::Stage::kNormalized)) {
      const std::string_view part_text = text.substr(part.begin, part.end - part.begin);
      if (part.id >= 0) {
        push_added(part.id, part_text, out);
        continue;
      }
      pieces.assign(1, Piece{std::string(part_text), piece.at_origin && part.begin == 0});
      if (parts.pre_tokenizer != nullptr) parts.pre_tokenizer->split(pieces);
      for (const Piece& one : pieces) parts.model->tokenize(one.text, out);
    }
  }

  void push_added(std::int32_t id, std::string_view text, std::vector<SubToken>& out) const {
    out.push_back({id, *added.content(id) == text ? std::string() : std::string(text)});
  }

  std::int32_t find(std::string_view token) const {
    const std::int32_t id = added.find(token);
    return id >= 0 ? id : parts.model->vocabulary().find(token);
  }

  // The way over token strings and back, which `tokenize` and `convert_tokens_to_ids` go: a token that is
  // spelled unlike its entry comes back as the entry of that spelling, or as unknown.
  std::int32_t id_by_spelling(const SubToken& token) const {
    if (token.surface.empty()) return token.id;
    const std::int32_t id = find(token.surface);
    if (id >= 0) return id;
    return parts.model->unknown_id() >= 0 ? parts.model->unknown_id() : token.id;
  }

  // Appends the ids of `text`, by spelling or as they are. Most texts have the same either way: those are
  // cached.
  void append_ids(std::string_view text, bool by_spelling, std::vector<std::int32_t>& ids) const {
    if (cache.find(text, ids)) return;
    const std::size_t first = ids.size();
    const std::vector<SubToken> tokens = sub_tokens(text);
    ids.reserve(first + tokens.size());
    for (const SubToken& token : tokens) ids.push_back(by_spelling ? id_by_spelling(token) : token.id);
    const bool spelled = std::all_of(tokens.begin(), tokens.end(), [&](const SubToken& token) {
      return token.surface.empty() || id_by_spelling(token) == token.id;
    });
    if (spelled) cache.insert(text, ids.data() + first, tokens.size());
  }

  TokenizerParts parts;
  AddedTokens added;
  mutable WordCache cache{kCachedTexts};
};

Tokenizer::Tokenizer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Tokenizer::Tokenizer(Tokenizer&&) noexcept = default;
Tokenizer& Tokenizer::operator=(Tokenizer&&) noexcept = default;
Tokenizer::~Tokenizer() = default;

Tokenizer Tokenizer::load(const std::string& path) { return parse(MappedFile(path).text(), path); }

Tokenizer Tokenizer::parse(std::string_view json, const std::string& path) {
  return Tokenizer(std::make_unique<Impl>(read_tokenizer_json(json, path), path));
}

void Tokenizer::add_special_tokens(const std::vector<std::string>& tokens) {
  std::vector<AddedToken> added;
  for (const std::string& content : tokens) added.push_back({content});
  impl_->added.add(added, impl_->parts.model->vocabulary(), impl_->parts.normalizer.get());
  impl_->cache.clear();
}

std::vector<std::int32_t> Tokenizer::encode(std::string_view text) const {
  std::vector<std::int32_t> ids;
  impl_->append_ids(text, /*by_spelling=*/true, ids);
  return ids;
}

std::vector<std::string> Tokenizer::tokens(std::string_view text) const {
  std::vector<std::string> tokens;
  for (SubToken& token : impl_->sub_tokens(text)) {
    if (!token.surface.empty()) {
      tokens.push_back(std::move(token.surface));
    } else if (const std::string* content = impl_->added.content(token.id)) {
      tokens.push_back(*content);
    } else {
      tokens.emplace_back(impl_->parts.model->vocabulary().token(token.id).value());
    }
  }
  return tokens;
}

Tokenizer::WordsEncoding Tokenizer::encode_words(const std::vector<std::string>& words,
                                                 bool add_special_tokens, std::int64_t max_length) const {
  WordsEncoding sequence;
  for (std::size_t i = 0; i < words.size(); ++i) {
    impl_->append_ids(words[i], /*by_spelling=*/false, sequence.ids);
    sequence.word.resize(sequence.ids.size(), static_cast<std::int32_t>(i));
  }
  const PostProcessor& post_processor = impl_->parts.post_processor;
  if (max_length > 0) {
    const std::int64_t added = add_special_tokens ? post_processor.added_tokens() : 0;
    const auto room = static_cast<std::size_t>(std::max<std::int64_t>(max_length - added, 0));
    if (sequence.ids.size() > room) {
      sequence.ids.resize(room);
      sequence.word.resize(room);
    }
  }
  WordsEncoding encoding;
  for (const std::int32_t id : post_processor.layout()) {
    if (id == PostProcessor::kSequence) {
      encoding.ids.insert(encoding.ids.end(), sequence.ids.begin(), sequence.ids.end());
      encoding.word.insert(encoding.word.end(), sequence.word.begin(), sequence.word.end());
    } else if (add_special_tokens) {
      encoding.ids.push_back(id);
      encoding.word.push_back(-1);
    }
  }
  return encoding;
}

std::string Tokenizer::decode(const std::vector<std::int32_t>& ids) const {
  const Vocabulary& vocabulary = impl_->parts.model->vocabulary();
  std::vector<std::string> tokens;
  for (const std::int32_t id : ids) {
    if (impl_->added.is_special(id)) continue;
    if (const std::string* content = impl_->added.content(id)) {
      tokens.push_back(*content);
    } else if (const std::optional<std::string_view> token = vocabulary.token(id)) {
      tokens.emplace_back(*token);
    }
  }
  if (!impl_->parts.decoder) return fmt::format("{}", fmt::join(tokens, " "));
  impl_->parts.decoder->apply(tokens);
  return fmt::format("{}", fmt::join(tokens, ""));
}

std::int32_t Tokenizer::token_to_id(std::string_view token) const { return impl_->find(token); }

std::int64_t Tokenizer::size() const {
  const Vocabulary& vocabulary = impl_->parts.model->vocabulary();
  return static_cast<std::int64_t>(vocabulary.size()) + impl_->added.count_outside(vocabulary);
}

std::int64_t Tokenizer::id_limit() const {
  std::int64_t limit = std::max(impl_->parts.model->vocabulary().id_limit(), impl_->added.id_limit());
  for (const std::int32_t id : impl_->parts.post_processor.layout())
    limit = std::max<std::int64_t>(limit, id + 1);
  return limit;
}

const std::string& Tokenizer::model_kind() const { return impl_->parts.model_kind; }

}  // namespace gliner
