#include <utility>

#include "api/tokenized_word.h"
#include "base/mapped_file.h"
#include "gliner/error.h"
#include "gliner/tokenizer.h"
#include "io/model_dir.h"
#include "prompt/gliner1_prompt.h"

namespace gliner {

struct PromptTokenizer::Impl {
  Gliner1Config config;
  Gliner1Tokenizers tokenizers;
};

namespace {

void check_utf8(const std::string& text, const char* name) {
  if (const std::string error = utf8_error(text, name); !error.empty()) throw InputError(error);
}

}  // namespace

PromptTokenizer::PromptTokenizer(std::shared_ptr<const Impl> impl) : impl_(std::move(impl)) {}

PromptTokenizer PromptTokenizer::load(const std::string& directory) {
  const ModelFiles files = find_gliner1_tokenizer_files(directory);
  auto impl = std::make_shared<Impl>();
  impl->config = parse_gliner1_config(MappedFile(files.config).text(), files.config);
  impl->tokenizers = load_gliner1_tokenizers(files, impl->config);
  return PromptTokenizer(std::move(impl));
}

PromptTokens PromptTokenizer::tokenize(const std::string& text,
                                       const std::vector<std::string>& labels) const {
  check_utf8(text, "the text");
  auto spec = std::make_shared<SchemaSpec>();
  for (const std::string& label : labels) {
    check_utf8(label, "a label");
    spec->entities[label] = true;
  }
  const Gliner1Prompt prompt = compile_gliner1_prompt(std::move(spec), impl_->config);
  Gliner1Text prepared = prepare_gliner1_text(prompt, text, impl_->config, impl_->tokenizers, {}, {});
  PromptTokens tokens;
  const OffsetMap offsets(text);
  for (const WordSpan& span : prepared.words) tokens.words.push_back(tokenized_word(text, offsets, span));
  tokens.ids = std::move(prepared.ids);
  tokens.word_numbers.assign(tokens.ids.size(), 0);
  for (std::size_t w = 0; w < prepared.sequence.words.size(); ++w) {
    const TokenRange& range = prepared.sequence.words[w];
    for (std::int32_t t = range.begin; t < range.end; ++t) {
      tokens.word_numbers[static_cast<std::size_t>(t)] = static_cast<std::int32_t>(w) + 1;
    }
  }
  if (impl_->config.has_labels_encoder) {
    const Gliner1Tokenizers::One& own = impl_->tokenizers.labels;
    for (const std::string& label : prompt.texts) {
      tokens.label_ids.push_back(
          own.tokenizer->encode_words({label}, /*add_special_tokens=*/true, own.max_tokens).ids);
    }
  }
  tokens.decoder_ids = std::move(prepared.sequence.decoder_ids);
  tokens.decoder_word_numbers = std::move(prepared.sequence.decoder_words);
  return tokens;
}

}  // namespace gliner
