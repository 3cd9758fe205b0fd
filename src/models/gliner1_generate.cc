// What a label decoder reads of each span (gliner/modeling/base.py, select_span_decoder_embedding and
// select_token_decoder_embedding), oddities included: the answers of a random or a trained decoder depend on
// every row of it.
#include <ATen/ATen.h>

#include <algorithm>
#include <iterator>

#include "heads/label_trie.h"
#include "models/gliner1_run.h"

namespace gliner {

/// Span models number words from 1, as the decoder's tokens do. Token models number them from 0 and compare
/// all the same, so that a span lacks its last word and one at the beginning takes in prompt and padding.
Gliner1Run::WordNumbers Gliner1Run::prefix_words(const SpanCandidate& span) const {
  const std::int64_t shift = config_.token_level() ? 0 : 1;
  return {span.first + shift, span.last + shift};
}

/// The tokens of these words; those of the prompt, and those that pad a shorter text, count as word 0.
std::vector<std::int32_t> Gliner1Run::decoder_tokens(std::size_t s, const WordNumbers& words) const {
  const SpanSequence& sequence = batch_.sequences[s];
  std::vector<std::int32_t> tokens;
  for (std::size_t t = 0; t < sequence.decoder_ids.size(); ++t) {
    const std::int32_t word = sequence.decoder_words[t];
    if (word >= words.first && word <= words.last) tokens.push_back(sequence.decoder_ids[t]);
  }
  if (words.first > 0) return tokens;
  std::size_t longest = 0;
  for (const SpanSequence& other : batch_.sequences) longest = std::max(longest, other.decoder_ids.size());
  tokens.resize(tokens.size() + longest - sequence.decoder_ids.size(), batch_.generation.pad_id);
  return tokens;
}

/// The reference makes room for every span that could be named. A slot without a span has the index -1, which
/// means some span after all, and its tokens count for the length of all prefixes.
std::int64_t Gliner1Run::empty_slot_tokens() const {
  std::size_t slots = config_.token_level() ? 1 : static_cast<std::size_t>(padded_words_ * config_.max_width);
  for (const std::vector<SpanCandidate>& predicted : predicted_) slots = std::max(slots, predicted.size());
  std::size_t most = 0;
  for (std::size_t s = 0; s < size(); ++s) {
    if (selected_[s].size() >= slots) continue;
    WordNumbers words{0, config_.max_width - 1};
    if (config_.token_level()) {
      const bool full = predicted_[s].size() == slots;
      words = full ? prefix_words(predicted_[s].back()) : WordNumbers{0, 0};
    }
    most = std::max(most, decoder_tokens(s, words).size());
  }
  return static_cast<std::int64_t>(most);
}

/// Those of the selected spans that get labels.
std::vector<SpanCandidate> Gliner1Run::spans_to_name(std::size_t s) const {
  if (!batch_.generation.wanted || selected_[s].empty()) return selected_[s];
  const std::vector<std::int32_t> wanted = batch_.generation.wanted(s, outputs_[s]);
  std::vector<SpanCandidate> spans;
  std::copy_if(selected_[s].begin(), selected_[s].end(), std::back_inserter(spans),
               [&](const SpanCandidate& span) {
                 return std::binary_search(wanted.begin(), wanted.end(), span.index);
               });
  return spans;
}

void Gliner1Run::generate_for_spans() {
  std::vector<Named> named;
  std::vector<at::Tensor> vectors;
  std::vector<std::int32_t> tokens;
  std::int64_t rows = 0;
  const bool full_context = config_.decoder->full_context;
  // Of all spans, also of those that get no label: the zeros in front of a prefix are read too.
  std::int64_t longest = full_context ? empty_slot_tokens() : 0;
  for (std::size_t s = 0; s < size(); ++s) {
    const std::vector<SpanCandidate> spans = spans_to_name(s);
    if (!spans.empty()) vectors.push_back(span_vectors(s, spans));
    for (const SpanCandidate& span : spans) {
      Named one{s, span.index, {rows++, 0, 0}};
      if (full_context) {
        const std::vector<std::int32_t> own = decoder_tokens(s, prefix_words(span));
        one.prefix.begin_token = static_cast<std::int64_t>(tokens.size());
        tokens.insert(tokens.end(), own.begin(), own.end());
        one.prefix.end_token = static_cast<std::int64_t>(tokens.size());
      }
      named.push_back(one);
    }
    if (full_context)
      for (const SpanCandidate& span : selected_[s])
        longest = std::max(longest, static_cast<std::int64_t>(decoder_tokens(s, prefix_words(span)).size()));
  }
  if (named.empty()) return;
  generate(named, at::cat(vectors), tokens, longest);
}

/// The reference breaks down here; what it was going to do is to let the decoder name each label.
void Gliner1Run::generate_for_labels() {
  std::vector<Named> named;
  for (std::size_t s = 0; s < size(); ++s) {
    const std::int64_t own = std::min<std::int64_t>(batch_.sequences[s].classes, label_rows_[s].size());
    for (std::int64_t label = 0; label < own; ++label)
      named.push_back({s, static_cast<std::int32_t>(label), {label_rows_[s].begin + label, 0, 0}});
  }
  if (!named.empty()) generate(named, labels_, {}, 0);
}

void Gliner1Run::generate(const std::vector<Named>& named, const at::Tensor& vectors,
                          const std::vector<std::int32_t>& tokens, std::int64_t longest) {
  const GenerationRequest& request = batch_.generation;
  const at::Tensor projected =
      modules_.decoder_projection ? modules_.decoder_projection->forward(vectors) : vectors;  // [N, D]
  const at::Tensor embedded = tokens.empty() ? at::zeros({0, projected.size(1)}, projected.options())
                                             : modules_.label_decoder->embed(tokens);
  std::vector<LabelPrefix> prefixes;
  prefixes.reserve(named.size());
  for (const Named& one : named) prefixes.push_back(one.prefix);
  LabelTrie trie;
  for (const std::vector<std::int32_t>& label : request.constraints) trie.add(label);
  GenerationOptions options;
  options.max_new_tokens = request.max_new_tokens;
  options.sequences = request.sequences;
  options.sample = request.sample;
  options.temperature = request.temperature;
  options.seed = request.seed;
  options.end_token = request.end_id;
  options.labels = request.constraints.empty() ? nullptr : &trie;
  std::vector<std::vector<std::int32_t>> labels =
      modules_.label_decoder->generate(label_prefixes(projected, embedded, prefixes, longest + 1), options);
  auto next = labels.begin();
  for (const Named& one : named) {
    SpanOutput::Generated generated{one.key, {}};
    for (std::int64_t i = 0; i < request.sequences; ++i) generated.sequences.push_back(std::move(*next++));
    outputs_[one.sequence].generated.push_back(std::move(generated));
  }
}

}  // namespace gliner
