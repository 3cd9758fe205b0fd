#include "heads/span_marker.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>
#include <string>

#include "base/check.h"
#include "base/stage_timer.h"
#include "heads/projection_layer.h"
#include "heads/span_logits.h"
#include "nn/index_tensor.h"
#include "nn/module_path.h"
#include "nn/rows.h"

namespace gliner {
namespace {

// From so many queries on that many texts share, a packed product beats the fused loop, which reads all of
// them once for every word.
constexpr std::int64_t kPackedQueries = 32;

at::Tensor rows_of(const at::Tensor& matrix, const std::vector<RowRange>& spans, bool last) {
  std::vector<std::int64_t> rows;
  rows.reserve(spans.size());
  for (const RowRange& span : spans) {
    GLINER_CHECK(span.begin < span.end && span.end <= matrix.size(0));
    rows.push_back(last ? span.end - 1 : span.begin);
  }
  return matrix.index_select(0, index_tensor(rows, matrix.device()));
}

}  // namespace

SpanMarker::SpanMarker(const WeightScope& w, std::int64_t hidden, std::int64_t max_width)
    : max_width_(max_width) {
  // The reference applies its relu to both ends side by side; it is the same on each of them.
  const auto projection = [&](const std::string& name) {
    return register_module(name, std::make_shared<Mlp>(w / name, std::vector<std::string>{"0", "3"},
                                                       std::vector<std::int64_t>{hidden, 2 * hidden, hidden},
                                                       Activation::kRelu, Activation::kRelu));
  };
  start_ = projection("project_start");
  end_ = projection("project_end");
  const at::Tensor weight = w.stored("out_project.weight", {hidden, 2 * hidden}, "SpanMarker");
  const at::Tensor bias = w.stored("out_project.bias", {hidden}, "SpanMarker");
  register_weight_at(*this, "out_project.weight", weight);
  register_weight_at(*this, "out_project.bias", bias);
  start_half_.emplace(weight.narrow(1, 0, hidden), bias, std::nullopt, w.device());
  end_half_.emplace(weight.narrow(1, hidden, hidden), at::Tensor(), std::nullopt, w.device());
}

std::vector<at::Tensor> SpanMarker::logits(const SpanWords& words, const SpanQueries& queries,
                                           const std::vector<RowRange>& own_queries) const {
  const at::Tensor start = start_half_->forward(start_->forward(words.words));  // [W, H]
  const at::Tensor end = end_half_->forward(end_->forward(words.words));        // [W, H]
  std::vector<at::Tensor> logits;
  for (std::size_t b = 0; b + 1 < words.start.size(); ++b) {
    const std::int64_t length = words.start[b + 1] - words.start[b];
    const at::Tensor own = queries.vectors.narrow(0, own_queries[b].begin, own_queries[b].size());  // [Q, H]
    const at::Tensor of_start = at::linear(own, start.narrow(0, words.start[b], length));           // [Q, L]
    const at::Tensor of_end = at::linear(own, end.narrow(0, words.start[b], length));               // [Q, L]
    at::Tensor scores = at::full({own.size(0), length, max_width_}, -std::numeric_limits<float>::infinity(),
                                 start.options());  // [Q, L, K]
    for (std::int64_t width = 0; width < std::min(max_width_, length); ++width) {
      const std::int64_t spans = length - width;
      scores.select(2, width)
          .narrow(1, 0, spans)
          .copy_(of_start.narrow(1, 0, spans) + of_end.narrow(1, width, spans));
    }
    logits.push_back(scores.cpu());
  }
  return logits;
}

at::Tensor SpanMarker::vectors(const SpanWords& words, const std::vector<RowRange>& spans) const {
  const at::Tensor start = start_half_->forward(start_->forward(words.words));  // [W, H]
  const at::Tensor end = end_half_->forward(end_->forward(words.words));        // [W, H]
  return rows_of(start, spans, /*last=*/false) + rows_of(end, spans, /*last=*/true);
}

SpanMarkerMlp::SpanMarkerMlp(const WeightScope& w, std::int64_t hidden, std::int64_t max_width,
                             MarkerContext context)
    : max_width_(max_width), context_(context) {
  const std::int64_t inner = 4 * hidden;
  const std::int64_t parts = context == MarkerContext::kNone ? 2 : 3;
  // The reference applies its relu to ends and context side by side; it is the same on each of them.
  const auto projection = [&](const std::string& name) {
    return register_module(name, make_projection_layer(w, name, hidden, hidden, Activation::kRelu));
  };
  start_ = projection("project_start");
  end_ = projection("project_end");
  if (context == MarkerContext::kLastWord) last_word_ = projection("project_context");
  if (context == MarkerContext::kMeanWord)
    for (const char* name : {"0.weight", "0.bias", "3.weight", "3.bias"})
      (w / "project_first").not_needed(name, "the reference does not apply it");

  const auto bind = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
    const at::Tensor weight = w.stored(name, shape, "SpanMarkerMlp");
    register_weight_at(*this, name, weight);
    return weight;
  };
  const at::Tensor first = bind("out_project.0.weight", {inner, parts * hidden});
  const at::Tensor first_bias = bind("out_project.0.bias", {inner});
  const at::Tensor last = bind("out_project.3.weight", {hidden, inner});
  const at::Tensor last_bias = bind("out_project.3.bias", {hidden});
  start_part_.emplace(first.narrow(1, 0, hidden), first_bias, std::nullopt, w.device(), w.dtype());
  end_part_.emplace(first.narrow(1, hidden, hidden), at::Tensor(), std::nullopt, w.device(), w.dtype());
  if (parts == 3)
    context_part_.emplace(first.narrow(1, 2 * hidden, hidden), at::Tensor(), std::nullopt, w.device());
  last_.emplace(last, last_bias, std::nullopt, w.device());
  fold_.emplace(last.t(), at::Tensor(), std::nullopt, w.device());
  last_bias_ = to_float32(last_bias, w.device());
}

// What every span of a sequence has beside its ends, relu included: [B, H].
at::Tensor SpanMarkerMlp::contexts(const SpanWords& words) const {
  const auto sequences = static_cast<std::int64_t>(words.start.size()) - 1;
  at::Tensor contexts = new_rows(sequences, words.words.size(1), words.words.device()).zero_();
  for (std::int64_t b = 0; b < sequences; ++b) {
    const std::int64_t begin = words.start[static_cast<std::size_t>(b)];
    const std::int64_t length = words.start[static_cast<std::size_t>(b) + 1] - begin;
    if (length == 0) continue;  // No spans either.
    if (context_ == MarkerContext::kLastWord) {
      if (words.padded_words > length) continue;  // The last word is padding: zeros.
      contexts.select(0, b).copy_(words.words.select(0, begin + length - 1));
    } else {
      const std::int64_t counted = words.padded_words > 0 ? words.padded_words : length;
      contexts.select(0, b).copy_(words.words.narrow(0, begin, length).sum(0) / counted);
    }
  }
  return context_ == MarkerContext::kLastWord ? last_word_->forward(contexts) : contexts.relu_();
}

at::Tensor SpanMarkerMlp::start_parts(const SpanWords& words) const {
  at::Tensor start = start_part_->forward(start_->forward(words.words)).to(at::kFloat);  // [W, 4H]
  if (context_ == MarkerContext::kNone) return start;
  const at::Tensor context = context_part_->forward(contexts(words));  // [B, 4H]
  for (std::size_t b = 0; b + 1 < words.start.size(); ++b)
    start.narrow(0, words.start[b], words.start[b + 1] - words.start[b])
        .add_(context.select(0, static_cast<std::int64_t>(b)));
  return start;
}

at::Tensor SpanMarkerMlp::end_parts(const SpanWords& words) const {
  return end_part_->forward(end_->forward(words.words)).to(at::kFloat);
}

SpanQueries SpanMarkerMlp::prepare(const at::Tensor& vectors, bool packed) const {
  const StageTimer timer(Stage::kSpanVectors);
  SpanQueries queries{vectors, fold_->forward(vectors), (vectors * last_bias_).sum(1), nullptr};
  if (packed && vectors.device().is_cpu() && vectors.size(0) >= kPackedQueries)
    queries.product =
        std::make_shared<const Projection>(queries.folded, queries.bias, std::nullopt, vectors.device());
  return queries;
}

std::vector<at::Tensor> SpanMarkerMlp::logits(const SpanWords& words, const SpanQueries& queries,
                                              const std::vector<RowRange>& own_queries) const {
  const StageTimer products(Stage::kSpanVectors);
  const at::Tensor start = start_parts(words);  // [W, 4H]
  const at::Tensor end = end_parts(words);      // [W, 4H]
  const StageTimer timer(Stage::kSpanScores);
  const auto score = words.words.device().is_cpu() ? fused_span_logits : plain_span_logits;
  std::vector<at::Tensor> logits;
  for (std::size_t b = 0; b + 1 < words.start.size(); ++b) {
    const std::int64_t length = words.start[b + 1] - words.start[b];
    const at::Tensor own_start = start.narrow(0, words.start[b], length);
    const at::Tensor own_end = end.narrow(0, words.start[b], length);
    const RowRange& own = own_queries[b];
    const bool all = own.size() == queries.folded.size(0);
    logits.push_back((all && queries.product
                          ? packed_span_logits(own_start, own_end, *queries.product, max_width_)
                          : score(own_start, own_end, queries.folded.narrow(0, own.begin, own.size()),
                                  queries.bias.narrow(0, own.begin, own.size()), max_width_))
                         .cpu());
  }
  return logits;
}

at::Tensor SpanMarkerMlp::vectors(const SpanWords& words, const std::vector<RowRange>& spans) const {
  return vectors(ends(words), spans);
}

at::Tensor SpanMarkerMlp::vectors(const SpanEnds& ends, const std::vector<RowRange>& spans) const {
  const at::Tensor inner =
      at::relu(rows_of(ends.start, spans, /*last=*/false) + rows_of(ends.end, spans, /*last=*/true));
  return last_->forward(inner);  // [S, H]
}

}  // namespace gliner
