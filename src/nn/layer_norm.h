#pragma once

#include <torch/nn/module.h>

#include <cstdint>

#include "nn/weight_scope.h"

namespace gliner {

/// Layer normalisation over the last dimension with `weight` and, unless told otherwise, `bias`.
class LayerNorm : public torch::nn::Module {
 public:
  LayerNorm(const WeightScope& w, std::int64_t size, double eps, bool with_bias = true);

  /// x: [N, H] -> [N, H]. `reuse` (may be x) is overwritten and returned if it is a matrix of that shape.
  at::Tensor forward(const at::Tensor& x, at::Tensor reuse = {}) const;

  /// Of x + residual, for cards, where it is one kernel. x: [N, H] in the type of the products, residual:
  /// [N, H] float32.
  struct Sum {
    at::Tensor full;  ///< [N, H] float32, in the place of the residual.
    at::Tensor low;   ///< [N, H] the same in x's type.
  };
  Sum forward_sum(const at::Tensor& x, const at::Tensor& residual) const;

  /// Of the rows `ids` of `table`, for cards. table: [V, H] float32, ids: [N] int32; `low` is of `element`.
  Sum forward_lookup(const at::Tensor& table, const at::Tensor& ids, c10::ScalarType element) const;

 private:
  at::Tensor weight_, bias_;
  double eps_;
};

/// The same in plain tensor operations; oracle of the fused form.
at::Tensor plain_layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                            double eps);

}  // namespace gliner
