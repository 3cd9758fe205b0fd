#include "heads/span_convolution.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "nn/module_path.h"

namespace gliner {
namespace {

std::shared_ptr<Linear> bind_project(torch::nn::Module& parent, const WeightScope& w, std::int64_t hidden) {
  return register_at(parent, "project.1", std::make_shared<Linear>(w / "project.1", hidden, hidden));
}

// relu, then `project`, over [L, K, H].
at::Tensor project_all(const Linear& project, const at::Tensor& spans) {
  return project.forward(at::relu(spans).view({-1, spans.size(2)})).view(spans.sizes());
}

at::Tensor empty_spans(const at::Tensor& words, std::int64_t max_width) {
  return at::zeros({words.size(0), max_width, words.size(1)}, words.options());  // [L, K, H]
}

}  // namespace

SpanWindowPooling::SpanWindowPooling(const WeightScope& w, std::int64_t hidden, std::int64_t max_width,
                                     WindowPooling pooling)
    : DenseSpanLayer(max_width), pooling_(pooling), project_(bind_project(*this, w, hidden)) {}

at::Tensor SpanWindowPooling::all(const at::Tensor& words) const {
  const std::int64_t length = words.size(0);
  at::Tensor spans = empty_spans(words, max_width());
  for (std::int64_t width = 1; width <= std::min(max_width(), length); ++width) {
    const at::Tensor windows = words.unfold(0, width, 1);  // [L - width + 1, H, width]
    at::Tensor to = spans.narrow(0, 0, length - width + 1).select(1, width - 1);
    switch (pooling_) {
      case WindowPooling::kMax:
        to.copy_(windows.amax(2));
        break;
      case WindowPooling::kMean:
        to.copy_(windows.mean(2));
        break;
      case WindowPooling::kSum:
        to.copy_(windows.sum(2));
        break;
    }
  }
  return project_all(*project_, spans);
}

SpanConvolution::SpanConvolution(const WeightScope& w, std::int64_t hidden, std::int64_t max_width)
    : DenseSpanLayer(max_width) {
  for (std::int64_t width = 2; width <= max_width; ++width) {
    const std::string name = fmt::format("convs.{}.conv.", width - 2);
    const at::Tensor weight = w.stored(name + "weight", {hidden, hidden, width}, "SpanConvolution");
    const at::Tensor bias = w.stored(name + "bias", {hidden}, "SpanConvolution");
    register_weight_at(*this, name + "weight", weight);
    register_weight_at(*this, name + "bias", bias);
    by_width_.emplace_back(weight.view({hidden, hidden * width}), bias, std::nullopt, w.device());
  }
  project_ = bind_project(*this, w, hidden);
}

at::Tensor SpanConvolution::all(const at::Tensor& words) const {
  const std::int64_t length = words.size(0);
  at::Tensor spans = empty_spans(words, max_width());
  spans.select(1, 0).copy_(words);
  for (std::int64_t width = 2; width <= std::min(max_width(), length); ++width) {
    const std::int64_t count = length - width + 1;
    const at::Tensor windows = words.unfold(0, width, 1).reshape({count, -1});  // [count, H * width]
    spans.narrow(0, 0, count)
        .select(1, width - 1)
        .copy_(by_width_[static_cast<std::size_t>(width - 2)].forward(windows));
  }
  return project_all(*project_, spans);
}

SpanSharedConvolution::SpanSharedConvolution(const WeightScope& w, std::int64_t hidden,
                                             std::int64_t max_width)
    : DenseSpanLayer(max_width) {
  const char* const name = "conv_weigth";  // The checkpoint's spelling.
  const at::Tensor weight = w.stored(name, {hidden, hidden, max_width}, "SpanSharedConvolution");
  register_weight_at(*this, name, weight);
  taps_.emplace(weight.permute({2, 0, 1}).reshape({max_width * hidden, hidden}), at::Tensor(), std::nullopt,
                w.device());
  project_ = bind_project(*this, w, hidden);
}

at::Tensor SpanSharedConvolution::all(const at::Tensor& words) const {
  const std::int64_t length = words.size(0);
  const at::Tensor taps = taps_->forward(words).view({length, max_width(), words.size(1)});  // [L, K, H]
  at::Tensor spans = empty_spans(words, max_width());
  spans.select(1, 0).copy_(taps.select(1, 0));
  for (std::int64_t width = 1; width < std::min(max_width(), length); ++width) {
    const std::int64_t count = length - width;
    const at::Tensor before = spans.select(1, width - 1).narrow(0, 0, count);
    spans.select(1, width).narrow(0, 0, count).copy_(before + taps.select(1, width).narrow(0, width, count));
  }
  return project_all(*project_, spans);
}

}  // namespace gliner
