#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "config/encoder_config.h"
#include "nn/packed_matmul.h"
#include "nn/quantized_matmul.h"
#include "nn/weight_scope.h"

namespace gliner {

/// f(x W^T + b): the one place where activations meet weights, and so the one that decides how a product is
/// done fast on a device. On a CPU the weights are packed for oneDNN and bias, activation and residual are
/// fused; elsewhere it is the plain form, with weights and results in the compute dtype. Owns no name in the
/// checkpoint: Linear and the modules that recombine weights register those. Const after construction;
/// thread-safe.
class Projection {
 public:
  /// weight: [out, in], any float type; bias: [out] or undefined. The results are on `device`, on a CPU in
  /// float32. kInt8 is for CPUs only, kFloat16 for other devices only.
  Projection(const at::Tensor& weight, const at::Tensor& bias, std::optional<Activation> activation,
             c10::Device device, ComputeDtype dtype = ComputeDtype::kFloat32);

  /// x: [N, in] -> [N, out]. `reuse`, if it is a matrix of that shape that nobody else looks at, may hold the
  /// result.
  at::Tensor forward(const at::Tensor& x, at::Tensor reuse = {}) const;

  /// x: [N, in], residual: [N, out] -> x W^T + b + residual. May overwrite `residual`. Not for a projection
  /// with an activation.
  at::Tensor forward_add(const at::Tensor& x, const at::Tensor& residual) const;

  std::int64_t in() const { return in_; }
  std::int64_t out() const { return out_; }

 private:
  std::int64_t in_, out_;
  std::optional<Activation> activation_;
  // y (+)= f(x W^T + b) with the form that the CPU has.
  void run(const at::Tensor& x, at::Tensor& y, bool accumulate) const;
  // In the weights' element type.
  at::Tensor run_plain(const at::Tensor& x) const;

  bool on_cpu_;
  std::optional<PackedMatmul> packed_;        // CPU: float32, bfloat16
  std::optional<QuantizedMatmul> quantized_;  // CPU: int8
  at::Tensor weight_, bias_;                  // Other devices
};

/// The element type of a projection's weights, and so of what it takes and gives, on a card.
c10::ScalarType element_on_card(ComputeDtype dtype);

/// The same in plain tensor operations; oracle of the fused form.
at::Tensor plain_projection(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                            std::optional<Activation> activation);

/// The activation alone, element by element.
at::Tensor activate(const at::Tensor& x, Activation activation);

/// Weights as the checkpoint stores them.
struct LinearWeights {
  at::Tensor weight;  ///< [out, in]
  at::Tensor bias;    ///< [out], or undefined
};

/// Takes `weight` and, if there is one, `bias` from the scope, or from `part` inside it, and registers them
/// in `module`, which errors call `name`.
LinearWeights bind_linear(torch::nn::Module& module, const char* name, const WeightScope& w, std::int64_t in,
                          std::int64_t out, bool has_bias, const std::string& part = {});

/// A linear layer of the checkpoint: `weight` [out, in] and, unless told otherwise, `bias` [out].
class Linear : public torch::nn::Module {
 public:
  struct Options {
    std::optional<Activation> activation = std::nullopt;
    bool bias = true;
  };
  Linear(const WeightScope& w, std::int64_t in, std::int64_t out, const Options& options);
  Linear(const WeightScope& w, std::int64_t in, std::int64_t out) : Linear(w, in, out, Options{}) {}

  /// One of several linear layers of one input.
  struct Part {
    std::string name;
    std::int64_t out = 0;
  };
  /// All of them as one product: their results stand side by side, [N, sum of out]. The weights are
  /// registered under their own names.
  Linear(const WeightScope& w, const std::vector<Part>& parts, std::int64_t in, bool has_bias = true);

  at::Tensor forward(const at::Tensor& x, at::Tensor reuse = {}) const {
    return projection_->forward(x, std::move(reuse));
  }
  at::Tensor forward_add(const at::Tensor& x, const at::Tensor& residual) const {
    return projection_->forward_add(x, residual);
  }

 private:
  std::optional<Projection> projection_;
};

}  // namespace gliner
