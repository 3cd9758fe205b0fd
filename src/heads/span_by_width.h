#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "heads/span_layer.h"
#include "nn/linear.h"

namespace gliner {

// Span layers that know a span by its first word and its width alone.

/// `query`: the first word times a vector of the width, element by element, then a linear layer and relu.
class SpanQuery : public DenseSpanLayer {
 public:
  SpanQuery(const WeightScope& w, std::int64_t hidden, std::int64_t max_width);

 private:
  at::Tensor all(const at::Tensor& words) const override;

  at::Tensor queries_;  // [K, H]
  std::shared_ptr<Linear> project_;
};

/// `mlp`: one linear layer and relu from the first word to the vectors of all widths.
class SpanMlp : public DenseSpanLayer {
 public:
  SpanMlp(const WeightScope& w, std::int64_t hidden, std::int64_t max_width);

 private:
  at::Tensor all(const at::Tensor& words) const override;

  std::shared_ptr<Linear> project_;
};

/// `cat`: a linear layer and relu over the first word and a vector of the width, side by side. The width's
/// share depends on the checkpoint alone and is made at load.
class SpanConcatenation : public DenseSpanLayer {
 public:
  SpanConcatenation(const WeightScope& w, std::int64_t hidden, std::int64_t max_width);

 private:
  at::Tensor all(const at::Tensor& words) const override;

  std::optional<Projection> word_part_;
  at::Tensor width_part_;  // [K, H], bias included
};

}  // namespace gliner
