#include "models/gliner1_run.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "base/check.h"
#include "base/stage_timer.h"
#include "heads/pooling.h"
#include "heads/select_spans.h"
#include "nn/index_tensor.h"
#include "nn/rows.h"
#include "prompt/read_tokens.h"

namespace gliner {
namespace {

std::vector<float> to_plain(const at::Tensor& values) {
  const at::Tensor plain = values.cpu().contiguous();
  const float* data = plain.data_ptr<float>();
  return {data, data + plain.numel()};
}

}  // namespace

Gliner1Run::Gliner1Run(const Gliner1Config& config, const Gliner1Modules& modules,
                       SharedLabels& shared_labels, const SpanBatch& batch, const TraceSink& trace)
    : config_(config),
      modules_(modules),
      shared_labels_(shared_labels),
      batch_(batch),
      trace_(trace),
      outputs_(batch.sequences.size()) {}

std::vector<SpanOutput> Gliner1Run::outputs() {
  encode();
  if (modules_.cross_fuser) modules_.fuse(labels_, words_, label_rows_, word_start_);
  for (std::size_t s = 0; s < size(); ++s)
    emit(s, "words_embedding", words_.narrow(0, word_start_[s], word_start_[s + 1] - word_start_[s]));
  span_input_ = modules_.span_context
                    ? modules_.span_context->forward_padded(words_, word_start_, padded_words_)
                    : words_;
  if (!queries_.vectors.defined()) queries_ = modules_.prepare_labels(labels_, /*shared=*/false);
  labels_ = queries_.vectors;
  for (std::size_t s = 0; s < size(); ++s) emit(s, "prompts_embedding", labels_of(s));
  if (config_.token_level()) {
    score_words();
  } else {
    score_spans();
  }
  if (config_.relations) relate();
  if (config_.decoder) {
    if (config_.decoder->mode == LabelDecoderConfig::Mode::kSpan) {
      generate_for_spans();
    } else {
      generate_for_labels();
    }
  }
  add_vectors();
  return std::move(outputs_);
}

void Gliner1Run::encode() {
  word_start_ = {0};
  std::vector<TokenRange> ranges;
  std::int32_t next = 0;
  for (const SpanSequence& sequence : batch_.sequences) {
    GLINER_CHECK(sequence.token_begin == next);
    next = sequence.token_end;
    ranges.insert(ranges.end(), sequence.words.begin(), sequence.words.end());
    word_start_.push_back(static_cast<std::int64_t>(ranges.size()));
    padded_words_ = std::max(padded_words_, static_cast<std::int64_t>(sequence.words.size()));
  }
  GLINER_CHECK(next == static_cast<std::int64_t>(batch_.ids.size()));
  const at::Tensor tokens = encode_tokens();  // [T, H]
  emit("encoder_projected", tokens);
  const StageTimer timer(Stage::kPooling);
  words_ = pool_ranges(tokens, ranges, config_.pooling == SubtokenPooling::kMax);  // [W, H]
  for (std::size_t s = 0; s < size(); ++s)
    emit(s, "words_before_rnn", words_.narrow(0, word_start_[s], word_start_[s + 1] - word_start_[s]));
  if (config_.relations) tokens_ = tokens;
  gather_labels(tokens);
  if (modules_.rnn) words_ = modules_.rnn->forward(words_, word_start_);
}

/// The states of all tokens. Those that a sequence is not read to are zero behind the encoder.
at::Tensor Gliner1Run::encode_tokens() const {
  SequenceStart start = {0};
  std::vector<std::int32_t> ids;
  std::vector<std::int64_t> places, read;
  std::int64_t longest = 0;
  const std::vector<bool> is_read = read_tokens(batch_);
  for (const SpanSequence& sequence : batch_.sequences) {
    for (std::int64_t t = sequence.token_begin; t < sequence.token_begin + sequence.encoded_tokens; ++t) {
      if (is_read[static_cast<std::size_t>(t)]) read.push_back(static_cast<std::int64_t>(places.size()));
      places.push_back(t);
    }
    const auto begin = batch_.ids.begin() + sequence.token_begin;
    ids.insert(ids.end(), begin, begin + sequence.encoded_tokens);
    start.push_back(static_cast<std::int64_t>(ids.size()));
    longest = std::max<std::int64_t>(longest, sequence.encoded_tokens);
  }
  const bool all = trace_ || modules_.prompt_context;
  const at::Tensor encoded =
      modules_.encode_text(ids, start, {longest, batch_.pad_id}, all ? nullptr : &read);
  return ids.size() == batch_.ids.size()
             ? encoded
             : put_rows(encoded, places, static_cast<std::int64_t>(batch_.ids.size()));
}

/// Where what is selected depends on all columns of the label axis, the reference's zero vectors behind the
/// labels of a shorter set count as labels.
void Gliner1Run::gather_labels(const at::Tensor& tokens) {
  const bool padding_counts = config_.relations || config_.decoder || config_.represent_spans;
  std::size_t longest = 0;
  for (const SpanSequence& sequence : batch_.sequences) longest = std::max(longest, sequence.labels.size());
  if (modules_.labels_encoder) {
    gather_label_matrices();
    return;
  }
  const at::Tensor states = modules_.prompt_context ? read_prompts(tokens) : tokens;
  const auto nothing = static_cast<std::int32_t>(batch_.ids.size());
  std::vector<TokenRange> ranges;
  for (const SpanSequence& sequence : batch_.sequences) {
    const auto begin = static_cast<std::int64_t>(ranges.size());
    for (const std::int32_t label : sequence.labels) ranges.push_back({label, label + 1});
    if (padding_counts)
      ranges.resize(ranges.size() + longest - sequence.labels.size(), TokenRange{nothing, nothing});
    label_rows_.push_back({begin, static_cast<std::int64_t>(ranges.size())});
  }
  labels_ = pool_ranges(states, ranges, /*largest=*/false);  // [P, H]
  for (std::size_t s = 0; s < size(); ++s) emit(s, "prompts_before_projection", labels_of(s));
}

/// The prompts' states as a second encoder sees them, at their places among all tokens: [T, H].
at::Tensor Gliner1Run::read_prompts(const at::Tensor& tokens) const {
  SequenceStart start = {0};
  std::vector<std::int64_t> places;
  for (const SpanSequence& sequence : batch_.sequences) {
    for (std::int64_t t = 0; t < sequence.prompt_tokens; ++t) places.push_back(sequence.token_begin + t);
    start.push_back(static_cast<std::int64_t>(places.size()));
  }
  const at::Tensor index = index_tensor(places, tokens.device());
  at::Tensor states = at::zeros_like(tokens);
  states.index_copy_(0, index, modules_.prompt_context->forward(tokens.index_select(0, index), start));
  return states;
}

/// Labels that were encoded on their own. Texts of one prompt share a set, unless words and labels are going
/// to change each other.
void Gliner1Run::gather_label_matrices() {
  std::map<const LabelMatrix*, RowRange> known;
  std::vector<std::shared_ptr<const LabelMatrix>> sets;
  std::int64_t rows = 0;
  for (const SpanSequence& sequence : batch_.sequences) {
    const std::shared_ptr<const LabelMatrix>& set = sequence.label_matrix;
    const auto entry = known.find(set.get());
    if (entry != known.end() && !modules_.cross_fuser) {
      label_rows_.push_back(entry->second);
      continue;
    }
    const std::int64_t own = set ? set->rows() : 0;
    label_rows_.push_back({rows, rows + own});
    known[set.get()] = label_rows_.back();
    rows += own;
    if (own > 0) sets.push_back(set);
  }
  // What one stream of a card makes must not be read in another, so there every run makes its own.
  if (sets.size() == 1 && !modules_.cross_fuser && words_.device().is_cpu()) {
    queries_ = *shared_labels_.get(sets.front(), [this](const LabelMatrix& set) {
      return modules_.prepare_labels(label_vectors(set, c10::kCPU), /*shared=*/true);
    });
    return;
  }
  std::vector<at::Tensor> vectors = {at::zeros({0, config_.hidden_size}, words_.options())};
  for (const std::shared_ptr<const LabelMatrix>& set : sets)
    vectors.push_back(label_vectors(*set, words_.device()));
  labels_ = at::cat(vectors);  // [P, H]
}

void Gliner1Run::score_spans() {
  const std::vector<at::Tensor> logits = modules_.span_layer->logits(span_words(), queries_, label_rows_);
  for (std::size_t s = 0; s < size(); ++s) {
    emit(s, "logits", logits[s].permute({1, 2, 0}));  // [W, K, P]
    if (config_.relations || config_.decoder)
      selected_.push_back(select_any_label(logits[s], batch_.threshold));
    const StageTimer timer(Stage::kSelect);
    select_wide_spans(logits[s], batch_.sequences[s], batch_.class_scores, outputs_[s]);
  }
}

void Gliner1Run::score_words() {
  const std::vector<at::Tensor> logits = timed(Stage::kSpanScores, [this] {
    return modules_.token_scorer->forward(words_, word_start_, labels_, label_rows_);  // [W, P, 3] each
  });
  for (std::size_t s = 0; s < size(); ++s) emit(s, "logits", logits[s]);
  if (config_.relations)
    for (const at::Tensor& own : logits) selected_.push_back(predict_spans(own, batch_.threshold));
  if (config_.represent_spans && !config_.relations) {
    score_predicted_spans(logits);
    return;
  }
  for (std::size_t s = 0; s < size(); ++s) select_word_spans(logits[s], batch_.sequences[s], outputs_[s]);
}

/// Spans that the words' scores predict are scored a second time by their own vectors.
void Gliner1Run::score_predicted_spans(const std::vector<at::Tensor>& word_logits) {
  selected_.resize(size());
  for (std::size_t s = 0; s < size(); ++s) {
    predicted_.push_back(predict_spans(word_logits[s], batch_.threshold));
    const std::vector<SpanCandidate>& predicted = predicted_.back();
    if (predicted.empty()) continue;
    const at::Tensor vectors = span_vectors(s, predicted);              // [S, H]
    const at::Tensor logits = at::linear(vectors, labels_of(s)).cpu();  // [S, P]
    emit(s, "span_logits", logits);
    select_scored_spans(logits, predicted, batch_.sequences[s], outputs_[s]);
    if (config_.decoder) selected_[s] = likely_spans(logits, predicted);
  }
}

at::Tensor Gliner1Run::span_vectors(std::size_t sequence, const std::vector<SpanCandidate>& spans) const {
  std::vector<RowRange> rows;
  for (const SpanCandidate& span : spans)
    rows.push_back({word_start_[sequence] + span.first, word_start_[sequence] + span.last + 1});
  return modules_.span_layer->vectors(span_words(), rows);
}

void Gliner1Run::relate() {
  for (std::size_t s = 0; s < size(); ++s)
    if (selected_[s].size() > 1 && !batch_.sequences[s].relations.empty()) relate(s, selected_[s]);
}

/// Pairs of different entities, all or those that the adjacency finds likely, against every relation.
void Gliner1Run::relate(std::size_t s, const std::vector<SpanCandidate>& entities) {
  const at::Tensor vectors = span_vectors(s, entities);  // [E, H]
  at::Tensor adjacency;
  if (modules_.adjacency) {
    adjacency = modules_.adjacency->forward(vectors).cpu().contiguous();  // [E, E]
    emit(s, "adjacency", adjacency);
  }
  const std::vector<EntityPair> pairs =
      likely_pairs(vectors.size(0), adjacency.defined() ? adjacency.data_ptr<float>() : nullptr,
                   static_cast<float>(batch_.adjacency_threshold));
  if (pairs.empty()) return;
  std::vector<TokenRange> markers;
  for (const std::int32_t marker : batch_.sequences[s].relations) markers.push_back({marker, marker + 1});
  const at::Tensor relations = pool_ranges(tokens_, markers, /*largest=*/false);                // [R, H]
  const at::Tensor logits = modules_.relation_scorer->logits(vectors, pairs, relations).cpu();  // [pairs, R]
  emit(s, "rel_logits", logits);
  SpanOutput& output = outputs_[s];
  select_relations(logits.contiguous(), entities, pairs, batch_.sequences[s], output);
  if (batch_.label_vectors) output.relation_label_vectors = to_plain(relations);
  if (!batch_.vectors) return;
  const at::Tensor pair_vectors = modules_.relation_scorer->vectors(vectors, pairs);
  if (pair_vectors.defined()) {
    output.pair_vectors = to_plain(pair_vectors);
    return;
  }
  std::vector<std::int64_t> heads, tails;
  for (const EntityPair& pair : pairs) {
    heads.push_back(pair.head);
    tails.push_back(pair.tail);
  }
  const auto rows = [&](const std::vector<std::int64_t>& index) {
    return to_plain(vectors.index_select(0, index_tensor(index, vectors.device())));
  };
  output.head_vectors = rows(heads);
  output.tail_vectors = rows(tails);
}

void Gliner1Run::add_vectors() {
  if (!batch_.vectors && !batch_.label_vectors) return;
  for (std::size_t s = 0; s < size(); ++s) {
    SpanOutput& output = outputs_[s];
    output.vector_size = config_.hidden_size;
    if (batch_.label_vectors) output.label_vectors = to_plain(labels_of(s));
    if (!batch_.vectors || output.candidates.empty()) continue;
    if (!config_.token_level()) {
      output.vectors = to_plain(span_vectors(s, output.candidates));
      continue;
    }
    std::vector<at::Tensor> means;  // A word model's span vector is the mean of its words.
    for (const SpanCandidate& span : output.candidates)
      means.push_back(words_.slice(0, word_start_[s] + span.first, word_start_[s] + span.last + 1).mean(0));
    output.vectors = to_plain(at::stack(means));
  }
}

void Gliner1Run::emit(std::size_t sequence, const char* name, const at::Tensor& value) const {
  if (trace_) emit(fmt::format("sequence.{}.{}", sequence, name), value);
}

void Gliner1Run::emit(const std::string& name, const at::Tensor& value) const {
  if (!trace_) return;
  const at::Tensor plain = value.cpu().contiguous();
  trace_(name, plain.sizes().vec(), plain.data_ptr<float>());
}

}  // namespace gliner
