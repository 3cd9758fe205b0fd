#include "heads/span_by_width.h"

#include <ATen/ATen.h>

#include "nn/module_path.h"

namespace gliner {

SpanQuery::SpanQuery(const WeightScope& w, std::int64_t hidden, std::int64_t max_width)
    : DenseSpanLayer(max_width) {
  const at::Tensor queries = w.float32("query_seg", {hidden, max_width}, "SpanQuery");
  register_weight_at(*this, "query_seg", queries);
  queries_ = queries.t().contiguous();
  project_ = register_at(
      *this, "project.0",
      std::make_shared<Linear>(w / "project.0", hidden, hidden, Linear::Options{Activation::kRelu}));
}

at::Tensor SpanQuery::all(const at::Tensor& words) const {
  const at::Tensor products = words.unsqueeze(1) * queries_;  // [L, K, H]
  return project_->forward(products.view({-1, words.size(1)})).view(products.sizes());
}

SpanMlp::SpanMlp(const WeightScope& w, std::int64_t hidden, std::int64_t max_width)
    : DenseSpanLayer(max_width),
      project_(register_module("mlp", std::make_shared<Linear>(w / "mlp", hidden, hidden * max_width,
                                                               Linear::Options{Activation::kRelu}))) {}

at::Tensor SpanMlp::all(const at::Tensor& words) const {
  return project_->forward(words).view({words.size(0), max_width(), words.size(1)});
}

SpanConcatenation::SpanConcatenation(const WeightScope& w, std::int64_t hidden, std::int64_t max_width)
    : DenseSpanLayer(max_width) {
  constexpr std::int64_t kWidthSize = 128;  // SpanCAT writes it.
  const at::Tensor widths = w.float32("query_seg", {kWidthSize, max_width}, "SpanConcatenation");
  const at::Tensor weight = w.stored("project.0.weight", {hidden, hidden + kWidthSize}, "SpanConcatenation");
  const at::Tensor bias = w.stored("project.0.bias", {hidden}, "SpanConcatenation");
  register_weight_at(*this, "query_seg", widths);
  register_weight_at(*this, "project.0.weight", weight);
  register_weight_at(*this, "project.0.bias", bias);
  word_part_.emplace(weight.narrow(1, 0, hidden), at::Tensor(), std::nullopt, w.device());
  // The reference reads the [128, K] matrix as [K, 128] without transposing it.
  width_part_ =
      at::linear(widths.view({max_width, kWidthSize}),
                 to_float32(weight, w.device()).narrow(1, hidden, kWidthSize), to_float32(bias, w.device()));
}

at::Tensor SpanConcatenation::all(const at::Tensor& words) const {
  return at::relu(word_part_->forward(words).unsqueeze(1) + width_part_);  // [L, K, H]
}

}  // namespace gliner
