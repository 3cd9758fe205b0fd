#include <fmt/format.h>

#include <utility>

#include "gliner/error.h"
#include "gliner/tokenizer.h"
#include "io/model_dir.h"
#include "prompt/markers.h"
#include "text/python_string.h"
#include "text/utf8.h"
#include "text/word_splitter.h"
#include "tokenizers/tokenizer.h"

namespace gliner {

struct WordTokenizer::Impl {
  Tokenizer tokenizer;
};

WordTokenizer::WordTokenizer(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

WordTokenizer WordTokenizer::load(const std::string& directory) {
  Tokenizer tokenizer = Tokenizer::load(find_tokenizer_file(directory));
  tokenizer.add_special_tokens(marker_tokens());
  return WordTokenizer(std::make_shared<const Impl>(Impl{std::move(tokenizer)}));
}

std::vector<TokenizedWord> WordTokenizer::tokenize(std::string_view text, WordSplitter splitter) const {
  if (const std::size_t byte = find_invalid_utf8(text); byte != std::string_view::npos) {
    throw InputError(
        fmt::format("the text is not valid UTF-8: broken at byte {} of {}; convert it to UTF-8 first", byte,
                    text.size()));
  }
  const OffsetMap offsets(text);
  std::vector<TokenizedWord> words;
  for (const WordSpan& span : split_words(text, splitter)) {
    const auto begin = static_cast<std::size_t>(span.begin_byte);
    const auto end = static_cast<std::size_t>(span.end_byte);
    TokenizedWord word;
    word.word = py_lower(text.substr(begin, end - begin));
    word.begin_char = offsets.from_byte(span.begin_byte, OffsetUnit::kCodePoint);
    word.end_char = offsets.from_byte(span.end_byte, OffsetUnit::kCodePoint);
    word.begin_byte = span.begin_byte;
    word.end_byte = span.end_byte;
    word.ids = impl_->tokenizer.encode(word.word);
    words.push_back(std::move(word));
  }
  return words;
}

}  // namespace gliner
