#include <utility>

#include "api/tokenized_word.h"
#include "gliner/error.h"
#include "gliner/tokenizer.h"
#include "io/model_dir.h"
#include "prompt/markers.h"
#include "text/python_string.h"
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
  if (const std::string error = utf8_error(text); !error.empty()) throw InputError(error);
  const OffsetMap offsets(text);
  std::vector<TokenizedWord> words;
  for (const WordSpan& span : split_words(text, splitter)) {
    TokenizedWord word = tokenized_word(text, offsets, span);
    word.word = py_lower(word.word);
    word.ids = impl_->tokenizer.encode(word.word);
    words.push_back(std::move(word));
  }
  return words;
}

}  // namespace gliner
