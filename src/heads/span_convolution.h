#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "heads/span_layer.h"
#include "nn/linear.h"

namespace gliner {

/// What a window of words is reduced to, element by element.
enum class WindowPooling { kMax, kMean, kSum };

/// `conv_max`, `conv_mean` and `conv_sum`: the words of the span pooled, then relu and a linear layer.
class SpanWindowPooling : public DenseSpanLayer {
 public:
  SpanWindowPooling(const WeightScope& w, std::int64_t hidden, std::int64_t max_width, WindowPooling pooling);

 private:
  at::Tensor all(const at::Tensor& words) const override;

  WindowPooling pooling_;
  std::shared_ptr<Linear> project_;
};

/// `conv_conv`: for every width from two on a convolution of its own over the words of the span, the word
/// itself for width one; then relu and a linear layer.
class SpanConvolution : public DenseSpanLayer {
 public:
  SpanConvolution(const WeightScope& w, std::int64_t hidden, std::int64_t max_width);

 private:
  at::Tensor all(const at::Tensor& words) const override;

  std::vector<Projection> by_width_;  // Of width k + 2: [(k + 2) * H] -> [H]
  std::shared_ptr<Linear> project_;
};

/// `conv_share`: the same with one convolution, of which every width takes as many taps as it has words. A
/// width's sum is the one before plus one tap, so that all widths cost what the last one costs.
class SpanSharedConvolution : public DenseSpanLayer {
 public:
  SpanSharedConvolution(const WeightScope& w, std::int64_t hidden, std::int64_t max_width);

 private:
  at::Tensor all(const at::Tensor& words) const override;

  std::optional<Projection> taps_;  // H -> K * H
  std::shared_ptr<Linear> project_;
};

}  // namespace gliner
