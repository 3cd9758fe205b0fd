#include "prompt/gliner1_prompt.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "gliner/error.h"
#include "text/python_string.h"

namespace gliner {
namespace {

void refuse_other_tasks(const SchemaSpec& spec, const Gliner1Config& config) {
  const std::string what = architecture_name(config);
  if (!spec.malformed.empty()) throw InputError("schema: " + spec.malformed);
  if (!spec.classifications.empty()) {
    throw InputError(what + " models find spans and cannot classify texts: use a GLiNER2 model");
  }
  if (!spec.structures.empty()) {
    throw InputError(what + " models cannot extract records: use a GLiNER2 model");
  }
  if (!spec.attribute_groups.empty()) {
    throw InputError(what + " models have no entity attributes: use a GLiNER2 model");
  }
  if (!spec.relations.empty() && !config.relations) {
    throw InputError(what +
                     " models cannot find relations: use a GLiNER2 model or a GLiNER v1 model with a "
                     "relations_layer (relex)");
  }
}

void add_prompt_words(Gliner1Prompt& prompt, const Gliner1Config& config) {
  if (config.has_labels_encoder) return;  // The labels are read by an encoder of their own.
  std::vector<std::string>& words = prompt.words;
  const bool marker_only = config.decoder && config.decoder->mode == LabelDecoderConfig::Mode::kPrompt;
  for (const std::string& text : prompt.texts) {
    if (config.streaming) {
      if (!text.empty()) words.push_back(text);
      words.push_back(config.streaming->label_token);
      continue;
    }
    words.push_back(config.ent_token);
    if (!marker_only && !text.empty()) words.push_back(text);
  }
  words.push_back(config.sep_token);
  if (!config.relations) return;
  for (const std::string& relation : prompt.relations) {
    words.push_back(config.relations->token);
    words.push_back(relation);
  }
  words.push_back(config.sep_token);
}

/// The 1-based number of the word after `skip` leading ones that each token belongs to, else 0. Words without
/// tokens are not counted: what follows moves up (data_processing/utils.py, prepare_word_mask).
std::vector<std::int32_t> word_numbers(const Tokenizer::WordsEncoding& encoding, std::size_t skip) {
  std::vector<std::int32_t> numbers;
  numbers.reserve(encoding.word.size());
  std::int32_t previous = -1, seen = 0;
  for (const std::int32_t word : encoding.word) {
    if (word >= 0 && word != previous) ++seen;
    numbers.push_back(word < 0 ? 0 : std::max(seen - static_cast<std::int32_t>(skip), 0));
    previous = word;
  }
  return numbers;
}

/// The tokens that make each word's vector.
std::vector<TokenRange> word_ranges(const Tokenizer::WordsEncoding& encoding, std::size_t skip,
                                    std::size_t words, SubtokenPooling pooling) {
  const auto end = static_cast<std::int32_t>(encoding.ids.size());
  std::vector<TokenRange> ranges(words, TokenRange{end, end});
  const std::vector<std::int32_t> numbers = word_numbers(encoding, skip);
  for (std::int32_t t = 0; t < end; ++t) {
    const std::int32_t number = numbers[static_cast<std::size_t>(t)];
    if (number == 0) continue;
    TokenRange& range = ranges[static_cast<std::size_t>(number) - 1];
    if (range.begin == end) range.begin = t;
    range.end = t + 1;
  }
  for (TokenRange& range : ranges) {
    if (range.begin == end) continue;
    if (pooling == SubtokenPooling::kFirst) range.end = range.begin + 1;
    if (pooling == SubtokenPooling::kLast) range.begin = range.end - 1;
  }
  return ranges;
}

/// Every place of a marker in the whole input, a marker inside a label's text included (modeling/utils.py,
/// extract_prompt_features).
std::vector<std::int32_t> marker_places(const std::vector<std::int32_t>& ids, std::int32_t marker,
                                        bool marker_itself) {
  std::vector<std::int32_t> places;
  for (std::size_t t = 0; t < ids.size(); ++t) {
    if (ids[t] != marker) continue;
    const std::size_t place = marker_itself ? t : t + 1;
    if (place < ids.size()) places.push_back(static_cast<std::int32_t>(place));
  }
  return places;
}

/// What the label decoder reads (processor.py, UniEncoderSpanDecoderProcessor): each word but the first with
/// a blank in front.
void add_decoder_tokens(SpanSequence& sequence, std::vector<std::string> words, std::size_t skip,
                        const Gliner1Tokenizers::One& decoder) {
  for (std::size_t i = 1; i < words.size(); ++i) words[i].insert(0, " ");
  const Tokenizer::WordsEncoding encoding =
      decoder.tokenizer->encode_words(words, /*add_special_tokens=*/true, decoder.max_tokens);
  sequence.decoder_words = word_numbers(encoding, skip);
  sequence.decoder_ids = encoding.ids;
}

}  // namespace

Gliner1Prompt compile_gliner1_prompt(std::shared_ptr<const SchemaSpec> spec, const Gliner1Config& config) {
  refuse_other_tasks(*spec, config);
  Gliner1Prompt prompt;
  std::set<std::string> seen;
  for (const auto& [name, unused] : spec->entities) {
    const std::string* description = spec->entity_descriptions.find(name);
    prompt.labels.push_back(name);
    prompt.texts.push_back(description == nullptr || description->empty() ? name : *description);
    if (!seen.insert(prompt.texts.back()).second) {
      throw InputError(
          fmt::format("label \"{}\": its description \"{}\" is that of another label; "
                      "descriptions must differ",
                      name, prompt.texts.back()));
    }
  }
  for (const RelationDecl& relation : spec->relations) {
    if (std::find(prompt.relations.begin(), prompt.relations.end(), relation.name) ==
        prompt.relations.end()) {
      prompt.relations.push_back(relation.name);
    }
  }
  prompt.spec = std::move(spec);
  add_prompt_words(prompt, config);
  return prompt;
}

Gliner1Text prepare_gliner1_text(const Gliner1Prompt& prompt, const std::string& text,
                                 const Gliner1Config& config, const Gliner1Tokenizers& tokenizers,
                                 std::optional<int> max_len) {
  if (max_len && *max_len <= 0)
    throw InputError(fmt::format("max_len must be greater than 0, got {}", *max_len));
  Gliner1Text prepared;
  prepared.words = split_words_v1(text);
  prepared.total_words = static_cast<std::int64_t>(prepared.words.size());
  const std::int64_t limit = max_len ? *max_len : config.max_len;
  prepared.truncated_words = std::max<std::int64_t>(prepared.total_words - limit, 0);
  prepared.words.resize(static_cast<std::size_t>(std::min(prepared.total_words, limit)));

  std::vector<std::string> words = prompt.words;
  const std::size_t skip = words.size();
  for (const WordSpan& word : prepared.words) {
    words.push_back(text.substr(static_cast<std::size_t>(word.begin_byte),
                                static_cast<std::size_t>(word.end_byte - word.begin_byte)));
  }
  const bool special_tokens = !config.streaming;
  Tokenizer::WordsEncoding encoding = tokenizers.text.tokenizer->encode_words(words, special_tokens);
  const auto all = static_cast<std::int64_t>(encoding.ids.size());
  if (tokenizers.text.max_tokens > 0 && all > tokenizers.text.max_tokens) {
    encoding = tokenizers.text.tokenizer->encode_words(words, special_tokens, tokenizers.text.max_tokens);
    prepared.truncated_tokens = all - static_cast<std::int64_t>(encoding.ids.size());
  }

  SpanSequence& sequence = prepared.sequence;
  sequence.token_end = static_cast<std::int32_t>(encoding.ids.size());
  sequence.words = word_ranges(encoding, skip, prepared.words.size(), config.pooling);
  sequence.classes = static_cast<std::int32_t>(prompt.labels.size());
  sequence.relation_classes = static_cast<std::int32_t>(prompt.relations.size());
  if (!config.has_labels_encoder) {
    sequence.labels = marker_places(encoding.ids, tokenizers.label_id, config.embed_ent_token);
  }
  if (config.relations) {
    sequence.relations = marker_places(encoding.ids, tokenizers.relation_id, config.relations->embed_token);
  }
  if (config.decoder && config.decoder->mode == LabelDecoderConfig::Mode::kSpan) {
    add_decoder_tokens(sequence, std::move(words), skip, tokenizers.decoder);
  }
  prepared.ids = std::move(encoding.ids);
  return prepared;
}

bool is_blank_text(const std::string& text) { return py_strip(text).empty(); }

void append_sequence(SpanBatch& batch, const Gliner1Text& text) {
  const auto base = static_cast<std::int32_t>(batch.ids.size());
  batch.ids.insert(batch.ids.end(), text.ids.begin(), text.ids.end());
  SpanSequence sequence = text.sequence;
  sequence.token_begin += base;
  sequence.token_end += base;
  for (TokenRange& word : sequence.words) word = {word.begin + base, word.end + base};
  for (std::int32_t& label : sequence.labels) label += base;
  for (std::int32_t& relation : sequence.relations) relation += base;
  batch.sequences.push_back(std::move(sequence));
}

}  // namespace gliner
