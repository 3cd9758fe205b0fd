#include "models/gliner1_stream.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/stage_timer.h"
#include "gliner/error.h"
#include "heads/pooling.h"
#include "heads/select.h"
#include "models/model_run.h"

namespace gliner {

Gliner1Stream::Gliner1Stream(const Gliner1Config& config, const Gliner1Modules& modules,
                             const ModelReport& report, const RunResources& resources)
    : config_(config), modules_(modules), report_(report), resources_(resources) {}

/// Reads the batch's only sequence behind what the cache holds and appends its words.
void Gliner1Stream::read_words(State& state, const SpanBatch& batch, at::Tensor& tokens) const {
  const SpanSequence& sequence = batch.sequences.front();
  const auto count = static_cast<std::int64_t>(batch.ids.size());
  std::int64_t limit = modules_.max_sequence_tokens();
  if (config_.streaming->max_cache_length) limit = std::min(limit, *config_.streaming->max_cache_length);
  if (state.cache.length() + count > limit)
    throw InputError(
        fmt::format("the session would hold {} tokens, this model takes at most {}; begin a new "
                    "session",
                    state.cache.length() + count, limit));
  if (count > 0) {
    tokens = modules_.backbone->forward(modules_.backbone->embed(batch.ids), {0, count}, {&state.cache});
    if (modules_.token_projection) tokens = modules_.token_projection->forward(tokens).to(at::kFloat);
  } else {
    tokens = at::zeros({0, config_.hidden_size});
  }
  const StageTimer timer(Stage::kPooling);
  const at::Tensor words =
      pool_ranges(tokens, sequence.words, config_.pooling == SubtokenPooling::kMax);  // [W, H]
  state.words = state.words.defined() ? at::cat({state.words, words}) : words;
}

/// Scores the spans that end with word `first_end` or later; the others keep what they have.
void Gliner1Stream::score(State& state, std::int64_t first_end) const {
  const std::int64_t words = state.words.size(0);
  const std::int64_t labels = state.queries.vectors.size(0);
  if (words == 0 || labels == 0) return;
  at::Tensor seen = state.words;
  if (modules_.rnn) seen = modules_.rnn->forward(seen, {0, words});
  if (modules_.span_context) seen = modules_.span_context->forward(seen, {0, words});
  const std::int64_t first = std::max<std::int64_t>(first_end - (config_.max_width - 1), 0);
  const at::Tensor logits =
      modules_.span_layer
          ->logits({seen.slice(0, first).contiguous(), {0, words - first}, 0}, state.queries, {{0, labels}})
          .front();  // [P, W - first, K]
  const auto at = logits.accessor<float, 3>();
  const std::int64_t rows = logits.size(1), widths = logits.size(2);
  for (std::int64_t row = 0; row < rows; ++row)
    for (std::int64_t width = 0; width < std::min(widths, rows - row); ++width) {
      const std::int64_t last = first + row + width;
      if (last < first_end) continue;
      std::vector<float>& own = state.logits[{first + row, last}];
      own.clear();
      for (std::int64_t label = 0; label < labels; ++label) own.push_back(at[label][row][width]);
    }
}

SpanOutput Gliner1Stream::select(const State& state, const SpanSequence& sequence, bool class_scores) const {
  const StageTimer timer(Stage::kSelect);
  SpanOutput output;
  std::int32_t index = 0;
  for (const auto& [words, logits] : state.logits) {
    const std::size_t classes = std::min(logits.size(), static_cast<std::size_t>(sequence.classes));
    for (std::size_t label = 0; label < classes; ++label) {
      const float score = sigmoid(logits[label]);
      if (!(score > static_cast<float>(sequence.thresholds[label]))) continue;
      output.candidates.push_back({static_cast<std::int32_t>(label), static_cast<std::int32_t>(words.first),
                                   static_cast<std::int32_t>(words.second), score, index});
      if (!class_scores) continue;
      for (std::size_t other = 0; other < classes; ++other)
        output.class_scores.push_back(sigmoid(logits[other]));
    }
    ++index;
  }
  return output;
}

SpanOutput Gliner1Stream::restart(const SpanBatch& batch) {
  SpanOutput output;
  run_guarded(report_, batch.ids.size(), resources_, [&] {
    const SpanSequence& sequence = batch.sequences.front();
    State state;
    at::Tensor tokens;
    read_words(state, batch, tokens);
    const at::Tensor prompt = modules_.prompt_context->forward(tokens.narrow(0, 0, sequence.prompt_tokens),
                                                               {0, sequence.prompt_tokens});
    std::vector<TokenRange> labels;
    for (const std::int32_t label : sequence.labels) labels.push_back({label, label + 1});
    at::Tensor vectors = pool_ranges(prompt, labels, /*largest=*/false);  // [P, H]
    if (!labels.empty()) vectors = modules_.prompt_projection->forward(vectors);
    state.queries = modules_.span_layer->prepare(vectors, /*packed=*/false);
    score(state, 0);
    output = select(state, sequence, batch.class_scores);
    state_ = std::move(state);
  });
  return output;
}

SpanOutput Gliner1Stream::extend(const SpanBatch& batch) {
  SpanOutput output;
  run_guarded(report_, batch.ids.size(), resources_, [&] {
    const std::int64_t past = state_.words.size(0);
    const std::int64_t cached = state_.cache.length();
    State state = {KvCache(), state_.words, state_.queries, state_.logits};
    std::swap(state.cache, state_.cache);
    try {
      at::Tensor tokens;
      read_words(state, batch, tokens);
      // A context encoder lets every word see the new ones.
      const std::int64_t settled = state.words.size(0) - 1 - config_.streaming->right_context_width;
      score(state, modules_.span_context ? 0 : std::min(past, std::max<std::int64_t>(settled, 0)));
      output = select(state, batch.sequences.front(), batch.class_scores);
    } catch (...) {
      state.cache.crop(cached);
      std::swap(state.cache, state_.cache);
      throw;
    }
    state_ = std::move(state);
  });
  return output;
}

}  // namespace gliner
