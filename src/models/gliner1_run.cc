#include "models/gliner1_run.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "heads/pooling.h"
#include "heads/select_spans.h"
#include "nn/rows.h"

namespace gliner {
namespace {

std::vector<float> to_plain(const at::Tensor& values) {
  const at::Tensor plain = values.cpu().contiguous();
  const float* data = plain.data_ptr<float>();
  return {data, data + plain.numel()};
}

}  // namespace

Gliner1Run::Gliner1Run(const Gliner1Config& config, const Gliner1Modules& modules, const SpanBatch& batch,
                       const TraceSink& trace)
    : config_(config), modules_(modules), batch_(batch), trace_(trace), outputs_(batch.sequences.size()) {}

std::vector<SpanOutput> Gliner1Run::outputs() {
  encode();
  if (config_.token_level()) {
    score_words();
  } else {
    score_spans();
  }
  add_vectors();
  return std::move(outputs_);
}

void Gliner1Run::encode() {
  SequenceStart start = {0};
  word_start_ = {0};
  std::vector<TokenRange> ranges;
  for (const SpanSequence& sequence : batch_.sequences) {
    GLINER_CHECK(sequence.token_begin == start.back());
    start.push_back(sequence.token_end);
    ranges.insert(ranges.end(), sequence.words.begin(), sequence.words.end());
    word_start_.push_back(static_cast<std::int64_t>(ranges.size()));
    padded_words_ = std::max(padded_words_, static_cast<std::int64_t>(sequence.words.size()));
  }
  GLINER_CHECK(start.back() == static_cast<std::int64_t>(batch_.ids.size()));
  const at::Tensor tokens = modules_.encode_text(batch_.ids, start);  // [T, H]
  emit("encoder_projected", tokens);
  words_ = pool_ranges(tokens, ranges, config_.pooling == SubtokenPooling::kMax);  // [W, H]
  for (std::size_t s = 0; s < size(); ++s)
    emit(s, "words_before_rnn", words_.narrow(0, word_start_[s], word_start_[s + 1] - word_start_[s]));
  gather_labels(tokens);
  if (modules_.rnn) words_ = modules_.rnn->forward(words_, word_start_);
  for (std::size_t s = 0; s < size(); ++s)
    emit(s, "words_embedding", words_.narrow(0, word_start_[s], word_start_[s + 1] - word_start_[s]));
}

/// Where what is selected depends on all columns of the label axis, the reference's zero vectors behind the
/// labels of a shorter set count as labels.
void Gliner1Run::gather_labels(const at::Tensor& tokens) {
  const bool padding_counts = config_.relations || config_.decoder || config_.represent_spans;
  std::size_t longest = 0;
  for (const SpanSequence& sequence : batch_.sequences) longest = std::max(longest, sequence.labels.size());
  const auto nothing = static_cast<std::int32_t>(batch_.ids.size());
  std::vector<TokenRange> ranges;
  label_start_ = {0};
  for (const SpanSequence& sequence : batch_.sequences) {
    for (const std::int32_t label : sequence.labels) ranges.push_back({label, label + 1});
    if (padding_counts)
      ranges.resize(ranges.size() + longest - sequence.labels.size(), TokenRange{nothing, nothing});
    label_start_.push_back(static_cast<std::int64_t>(ranges.size()));
  }
  labels_ = pool_ranges(tokens, ranges, /*largest=*/false);  // [P, H]
  for (std::size_t s = 0; s < size(); ++s)
    emit(s, "prompts_before_projection",
         labels_.narrow(0, label_start_[s], label_start_[s + 1] - label_start_[s]));
  if (modules_.prompt_projection && labels_.size(0) > 0)
    labels_ = modules_.prompt_projection->forward(labels_);
  for (std::size_t s = 0; s < size(); ++s)
    emit(s, "prompts_embedding", labels_.narrow(0, label_start_[s], label_start_[s + 1] - label_start_[s]));
}

void Gliner1Run::score_spans() {
  const std::vector<at::Tensor> logits = modules_.span_layer->logits(span_words(), labels_, label_start_);
  for (std::size_t s = 0; s < size(); ++s) {
    emit(s, "logits", logits[s].permute({1, 2, 0}));  // [W, K, P]
    select_wide_spans(logits[s], batch_.sequences[s], batch_.class_scores, outputs_[s]);
  }
}

void Gliner1Run::score_words() {
  const std::vector<at::Tensor> logits =
      modules_.token_scorer->forward(words_, word_start_, labels_, label_start_);  // [W, P, 3] each
  for (std::size_t s = 0; s < size(); ++s) emit(s, "logits", logits[s]);
  if (config_.represent_spans) {
    score_predicted_spans(logits);
    return;
  }
  for (std::size_t s = 0; s < size(); ++s) select_word_spans(logits[s], batch_.sequences[s], outputs_[s]);
}

/// Spans that the words' scores predict are scored a second time by their own vectors.
void Gliner1Run::score_predicted_spans(const std::vector<at::Tensor>& word_logits) {
  for (std::size_t s = 0; s < size(); ++s) {
    const std::vector<SpanCandidate> predicted = predict_spans(word_logits[s], batch_.threshold);
    if (predicted.empty()) continue;
    std::vector<WordSpan> spans;
    for (const SpanCandidate& span : predicted)
      spans.push_back({word_start_[s] + span.first, word_start_[s] + span.last + 1});
    const at::Tensor vectors = modules_.span_layer->vectors(span_words(), spans);  // [S, H]
    const at::Tensor labels = labels_.narrow(0, label_start_[s], label_start_[s + 1] - label_start_[s]);
    const at::Tensor logits = at::linear(vectors, labels).cpu();  // [S, P]
    emit(s, "span_logits", logits);
    select_scored_spans(logits, predicted, batch_.sequences[s], outputs_[s]);
  }
}

void Gliner1Run::add_vectors() {
  if (!batch_.vectors && !batch_.label_vectors) return;
  for (std::size_t s = 0; s < size(); ++s) {
    SpanOutput& output = outputs_[s];
    output.vector_size = config_.hidden_size;
    if (batch_.label_vectors)
      output.label_vectors =
          to_plain(labels_.narrow(0, label_start_[s], label_start_[s + 1] - label_start_[s]));
    if (!batch_.vectors || output.candidates.empty()) continue;
    std::vector<WordSpan> spans;
    for (const SpanCandidate& candidate : output.candidates)
      spans.push_back({word_start_[s] + candidate.first, word_start_[s] + candidate.last + 1});
    if (!config_.token_level()) {
      output.vectors = to_plain(modules_.span_layer->vectors(span_words(), spans));
      continue;
    }
    std::vector<at::Tensor> means;  // A word model's span vector is the mean of its words.
    for (const WordSpan& span : spans) means.push_back(words_.slice(0, span.begin, span.end).mean(0));
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
