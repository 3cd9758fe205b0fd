#pragma once

#include <torch/nn/module.h>

#include <cstdint>

#include "nn/weight_scope.h"

namespace gliner {

/// Root mean square normalisation (Zhang and Sennrich 2019) over the last dimension: x / sqrt(mean(x^2) +
/// eps) times `weight`.
class RmsNorm : public torch::nn::Module {
 public:
  RmsNorm(const WeightScope& w, std::int64_t size, double eps);

  /// x: [N, H] -> [N, H].
  at::Tensor forward(const at::Tensor& x) const;

 private:
  at::Tensor weight_;
  double eps_;
};

}  // namespace gliner
