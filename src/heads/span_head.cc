#include "heads/span_head.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

#include "base/stage_timer.h"
#include "nn/cpu/kernels.h"
#include "nn/module_path.h"
#include "nn/threads.h"

namespace gliner {

SpanHead::SpanHead(const WeightScope& w, std::int64_t hidden, std::int64_t max_width)
    : max_width_(max_width) {
  const std::int64_t inner = 4 * hidden;
  const auto projector = [&](const std::string& name) {
    // The reference applies its relu to the pair of both ends; it is the same on each of them.
    return register_module(name, std::make_shared<Mlp>(w / name, std::vector<std::string>{"0", "3"},
                                                       std::vector<std::int64_t>{hidden, inner, hidden},
                                                       Activation::kRelu, Activation::kRelu));
  };
  start_ = projector("project_start");
  end_ = projector("project_end");
  const auto bind = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
    const at::Tensor weight = w.stored(name, shape, "SpanHead");
    register_weight_at(*this, name, weight);
    return weight;
  };
  const at::Tensor first = bind("out_project.0.weight", {inner, 2 * hidden});
  const at::Tensor first_bias = bind("out_project.0.bias", {inner});
  const at::Tensor last = bind("out_project.3.weight", {hidden, inner});
  start_half_.emplace(first.narrow(1, 0, hidden), first_bias, std::nullopt, w.device());
  end_half_.emplace(first.narrow(1, hidden, hidden), at::Tensor(), std::nullopt, w.device());
  fold_.emplace(last.t(), at::Tensor(), std::nullopt, w.device());
  last_bias_ = w.float32("out_project.3.bias", {hidden}, "SpanHead");
  register_weight_at(*this, "out_project.3.bias", last_bias_);
}

std::vector<at::Tensor> SpanHead::forward(const at::Tensor& rows, const at::Tensor& queries,
                                          const std::vector<SpanTask>& tasks) const {
  const StageTimer products(Stage::kSpanVectors);
  const at::Tensor start = start_half_->forward(start_->forward(rows));  // [R, 4H]
  const at::Tensor end = end_half_->forward(end_->forward(rows));        // [R, 4H]
  const at::Tensor folded = fold_->forward(queries);                     // [Q, 4H]
  const at::Tensor bias = (queries * last_bias_).sum(1);                 // [Q]
  const StageTimer timer(Stage::kSpanScores);
  std::vector<at::Tensor> logits;
  for (const SpanTask& task : tasks) {
    const auto score = rows.device().is_cpu() ? fused_span_logits : plain_span_logits;
    logits.push_back(score(start.narrow(0, task.first_row, task.rows),
                           end.narrow(0, task.first_row, task.rows),
                           folded.narrow(0, task.first_query, task.queries),
                           bias.narrow(0, task.first_query, task.queries), max_width_)
                         .cpu());
  }
  return logits;
}

at::Tensor fused_span_logits(const at::Tensor& start, const at::Tensor& end, const at::Tensor& folded,
                             const at::Tensor& bias, std::int64_t max_width) {
  const std::int64_t rows = start.size(0);
  const std::int64_t inner = start.size(1);
  at::Tensor logits = at::full({folded.size(0), rows, max_width}, -std::numeric_limits<float>::infinity(),
                               start.options());  // [Q, R, K]
  SpanScores all;
  all.queries = folded.data_ptr<float>();
  all.bias = bias.data_ptr<float>();
  all.query_count = folded.size(0);
  all.inner = inner;
  all.score_stride = rows * max_width;
  parallel_tasks(rows, [&](std::int64_t row) {
    SpanScores one = all;
    one.start = start.data_ptr<float>() + row * inner;
    one.end = end.data_ptr<float>() + row * inner;
    one.widths = std::min(max_width, rows - row);
    one.scores = logits.data_ptr<float>() + row * max_width;
    cpu_kernels().span_scores(one);
  });
  return logits;
}

at::Tensor plain_span_logits(const at::Tensor& start, const at::Tensor& end, const at::Tensor& folded,
                             const at::Tensor& bias, std::int64_t max_width) {
  const std::int64_t rows = start.size(0);
  at::Tensor logits = at::full({folded.size(0), rows, max_width}, -std::numeric_limits<float>::infinity(),
                               start.options());  // [Q, R, K]
  for (std::int64_t width = 0; width < std::min(max_width, rows); ++width) {
    const std::int64_t spans = rows - width;
    const at::Tensor hidden =
        at::relu(start.narrow(0, 0, spans) + end.narrow(0, width, spans));  // [spans, C]
    logits.select(2, width).narrow(1, 0, spans).copy_(at::linear(hidden, folded, bias).t());
  }
  return logits;
}

}  // namespace gliner
