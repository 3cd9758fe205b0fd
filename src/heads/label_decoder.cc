#include "heads/label_decoder.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "base/stage_timer.h"
#include "gliner/error.h"
#include "heads/beam_search.h"
#include "nn/index_tensor.h"
#include "nn/module_path.h"

namespace gliner {
namespace {

// Positions of all labels that are generated side by side, prefixes and beams included: 300 MB of keys and
// values in a decoder of GPT-2's size, and more rows than a step needs to be worth its weights.
constexpr std::int64_t kPositionsAtOnce = 4096;

// The end of the group of prefixes that begins with `first`, at least one.
std::size_t end_of_group(const LabelPrefixes& prefixes, std::size_t first, const GenerationOptions& options) {
  std::int64_t positions = 0;
  std::size_t end = first;
  while (end < prefixes.size()) {
    positions += (prefixes.length(end) + options.max_new_tokens) * options.sequences;
    if (positions > kPositionsAtOnce && end > first) break;
    ++end;
  }
  return end;
}

std::vector<float> row_of(const at::Tensor& logits, std::int64_t row) {
  const float* const begin = logits.data_ptr<float>() + row * logits.size(1);
  return {begin, begin + logits.size(1)};
}

void check_options(const GenerationOptions& options, std::int64_t vocabulary) {
  const auto require = [](bool holds, const char* name, const char* expected, double found) {
    if (!holds) throw InputError(fmt::format("{}: expected {}, found {}", name, expected, found));
  };
  require(options.max_new_tokens > 0, "max_new_tokens", "at least 1",
          static_cast<double>(options.max_new_tokens));
  require(options.sequences > 0, "sequences", "at least 1", static_cast<double>(options.sequences));
  require(!options.sample || options.temperature > 0, "temperature", "a number above 0", options.temperature);
  GLINER_CHECK(options.end_token >= 0 && options.end_token < vocabulary);
}

}  // namespace

LabelDecoder::LabelDecoder(const WeightScope& w, const EncoderConfig& config, std::int64_t known_ids)
    : transformer_(register_module(causal_model_name(config),
                                   make_causal_model(w / causal_model_name(config), config, known_ids))) {
  if (config.tie_word_embeddings) {
    head_.emplace(transformer_->word_table(), at::Tensor(), std::nullopt, w.device());
    w.not_needed("lm_head.weight", "the same as the word table");
    return;
  }
  const at::Tensor weight = w.stored("lm_head.weight", {kAnySize, config.hidden_size}, "LabelDecoder");
  register_weight_at(*this, "lm_head.weight", weight);
  head_.emplace(weight, at::Tensor(), std::nullopt, w.device());
}

KvCache LabelDecoder::read_zeros(const LabelPrefixes& prefixes) const {
  KvCache zeros;
  const auto most = std::max_element(prefixes.zeros.begin(), prefixes.zeros.end());
  if (most != prefixes.zeros.end() && *most > 0)
    transformer_->forward(at::zeros({*most, hidden_size()}, prefixes.vectors.options()), {0, *most},
                          {&zeros});
  return zeros;
}

at::Tensor LabelDecoder::read(const LabelPrefixes& prefixes, std::size_t begin, std::size_t end,
                              const KvCache& zeros, std::vector<KvCache>& caches) const {
  caches.reserve(end - begin);
  std::vector<KvCache*> pointers;
  SequenceStart start = {0};
  std::vector<std::int64_t> last;
  for (std::size_t b = begin; b < end; ++b) {
    GLINER_CHECK(prefixes.start[b] < prefixes.start[b + 1]);
    caches.push_back(zeros.first(prefixes.zeros_of(b)));
    pointers.push_back(&caches.back());
    start.push_back(prefixes.start[b + 1] - prefixes.start[begin]);
    last.push_back(start.back() - 1);
  }
  const at::Tensor own = prefixes.vectors.narrow(0, prefixes.start[begin], start.back());  // [T, D]
  const at::Tensor states = transformer_->forward(own, start, pointers);
  const at::Tensor rows = index_tensor(last, states.device());
  return head_->forward(states.index_select(0, rows)).cpu().contiguous();  // [B, V]
}

at::Tensor LabelDecoder::first_logits(const LabelPrefixes& prefixes) const {
  std::vector<KvCache> caches;
  return read(prefixes, 0, prefixes.size(), read_zeros(prefixes), caches);
}

at::Tensor LabelDecoder::next_logits(const std::vector<std::int32_t>& tokens,
                                     const std::vector<KvCache*>& caches) const {
  SequenceStart start;
  for (std::size_t i = 0; i <= tokens.size(); ++i) start.push_back(static_cast<std::int64_t>(i));
  return head_->forward(transformer_->forward(transformer_->embed(tokens), start, caches)).cpu().contiguous();
}

std::vector<std::vector<std::int32_t>> LabelDecoder::generate(const LabelPrefixes& prefixes,
                                                              const GenerationOptions& options) const {
  const StageTimer timer(Stage::kGenerate);
  check_options(options, head_->out());
  for (std::size_t b = 0; b < prefixes.size(); ++b)
    if (prefixes.length(b) + options.max_new_tokens - 1 > transformer_->max_sequence_tokens())
      throw InputError(
          fmt::format("max_new_tokens: a span's {} tokens and {} new ones are more than the label "
                      "decoder's {} positions",
                      prefixes.length(b), options.max_new_tokens, transformer_->max_sequence_tokens()));
  const KvCache zeros = read_zeros(prefixes);
  Labels labels;
  for (std::size_t first = 0, end = 0; first < prefixes.size(); first = end) {
    end = end_of_group(prefixes, first, options);
    std::vector<KvCache> caches;
    const at::Tensor logits = read(prefixes, first, end, zeros, caches);  // [B, V]
    for (std::vector<std::int32_t>& label : options.sequences == 1
                                                ? one_by_one(logits, caches, first, options)
                                                : by_beams(logits, caches, first, options))
      labels.push_back(std::move(label));
  }
  return labels;
}

LabelDecoder::Labels LabelDecoder::one_by_one(const at::Tensor& first, std::vector<KvCache>& caches,
                                              std::size_t stream, const GenerationOptions& options) const {
  Labels labels(caches.size());
  std::vector<TokenChoice> choices;
  std::vector<std::size_t> running;  // Prefixes whose labels have not ended, by rows of the logits.
  for (std::size_t b = 0; b < caches.size(); ++b) {
    choices.emplace_back(options, stream + b);
    running.push_back(b);
  }
  at::Tensor logits = first;
  for (std::int64_t length = 1;; ++length) {
    std::vector<std::size_t> going_on;
    std::vector<std::int32_t> tokens;
    std::vector<KvCache*> own;
    for (std::size_t row = 0; row < running.size(); ++row) {
      const std::size_t b = running[row];
      std::vector<float> scores = row_of(logits, static_cast<std::int64_t>(row));
      choices[b].process(scores, labels[b]);
      const auto token = static_cast<std::int32_t>(choices[b].choose(scores, 1).front());
      if (token == options.end_token) continue;
      labels[b].push_back(token);
      going_on.push_back(b);
      tokens.push_back(token);
      own.push_back(&caches[b]);
    }
    if (going_on.empty() || length >= options.max_new_tokens) return labels;
    running = std::move(going_on);
    logits = next_logits(tokens, own);  // [running, V]
  }
}

LabelDecoder::Labels LabelDecoder::by_beams(const at::Tensor& first, std::vector<KvCache>& caches,
                                            std::size_t stream, const GenerationOptions& options) const {
  const auto beams = static_cast<std::size_t>(options.sequences);
  std::vector<BeamSearch> searches;
  std::vector<std::vector<KvCache>> own;  // Of each prefix's beams.
  for (std::size_t b = 0; b < caches.size(); ++b) {
    searches.emplace_back(options, stream + b);
    searches[b].step(std::vector<std::vector<float>>(beams, row_of(first, static_cast<std::int64_t>(b))));
    own.emplace_back(beams, caches[b]);
  }
  while (true) {
    std::vector<std::int32_t> tokens;
    std::vector<KvCache*> rows;
    std::vector<std::size_t> running;
    for (std::size_t b = 0; b < searches.size(); ++b) {
      if (searches[b].done()) continue;
      running.push_back(b);
      std::vector<KvCache> going_on;
      for (const BeamSearch::Beam& beam : searches[b].beams()) {
        going_on.push_back(own[b][beam.parent]);
        tokens.push_back(beam.tokens.back());
      }
      own[b] = std::move(going_on);
      for (KvCache& cache : own[b]) rows.push_back(&cache);
    }
    if (running.empty()) break;
    const at::Tensor logits = next_logits(tokens, rows);  // [running * beams, V]
    std::int64_t row = 0;
    for (const std::size_t b : running) {
      std::vector<std::vector<float>> of_beams;
      for (std::size_t i = 0; i < searches[b].beams().size(); ++i) of_beams.push_back(row_of(logits, row++));
      searches[b].step(of_beams);
    }
  }
  Labels labels;
  for (const BeamSearch& search : searches)
    for (auto& label : search.labels()) labels.push_back(std::move(label));
  return labels;
}

LabelPrefixes label_prefixes(const at::Tensor& vectors, const at::Tensor& tokens,
                             const std::vector<LabelPrefix>& prefixes, std::int64_t length) {
  std::vector<at::Tensor> rows = {at::zeros({0, vectors.size(1)}, vectors.options())};
  LabelPrefixes all;
  all.start = {0};
  for (const LabelPrefix& prefix : prefixes) {
    const std::int64_t own = prefix.end_token - prefix.begin_token;
    GLINER_CHECK(own >= 0 && own < length);
    rows.push_back(vectors.narrow(0, prefix.vector, 1));
    rows.push_back(tokens.narrow(0, prefix.begin_token, own));
    all.start.push_back(all.start.back() + 1 + own);
    all.zeros.push_back(length - 1 - own);
  }
  all.vectors = at::cat(rows);
  return all;
}

}  // namespace gliner
