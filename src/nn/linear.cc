#include "nn/linear.h"

#include <ATen/ATen.h>

#include "base/check.h"
#include "nn/cuda/operations.h"
#include "nn/module_path.h"
#include "nn/rows.h"

namespace gliner {

Projection::Projection(const at::Tensor& weight, const at::Tensor& bias, std::optional<Activation> activation,
                       c10::Device device, ComputeDtype dtype)
    : in_(weight.size(1)), out_(weight.size(0)), activation_(activation), on_cpu_(device.is_cpu()) {
  const at::Tensor full = to_float32(weight, device);
  const at::Tensor full_bias = bias.defined() ? to_float32(bias, device) : at::Tensor();
  if (!on_cpu_) {
    GLINER_CHECK(dtype != ComputeDtype::kInt8);
    const c10::ScalarType type = element_on_card(dtype);
    weight_ = full.to(type);
    if (bias.defined()) bias_ = full_bias.to(type);
    return;
  }
  GLINER_CHECK(dtype != ComputeDtype::kFloat16);
  const float* bias_data = bias.defined() ? full_bias.data_ptr<float>() : nullptr;
  if (dtype == ComputeDtype::kInt8)
    quantized_.emplace(in_, out_, full.data_ptr<float>(), bias_data, activation);
  else
    packed_.emplace(in_, out_, full.data_ptr<float>(), bias_data, activation, dtype);
}

void Projection::run(const at::Tensor& x, at::Tensor& y, bool accumulate) const {
  if (quantized_) {  // Any row count is as good as another.
    const at::Tensor from = x.contiguous();
    quantized_->run(from.data_ptr<float>(), x.size(0), y.data_ptr<float>(), accumulate);
    return;
  }
  const at::Tensor from = with_readable_capacity(x);
  packed_->run(from.data_ptr<float>(), x.size(0), y.data_ptr<float>(), accumulate);
}

// On a card what stands behind the product goes into it or follows in one kernel. cuBLASLt's epilogue is
// GELU's tanh form (LibTorch, _addmm_activation). It differs from the other by at most 4.8e-4, which bfloat16
// does not resolve above 0.12; in float16 and float32 the error function's form is taken where the model has
// it.
at::Tensor Projection::run_plain(const at::Tensor& x) const {
  const at::Tensor from = x.to(weight_.scalar_type());
  const bool is_short = weight_.scalar_type() != at::kFloat;
  const bool in_epilogue = activation_ && is_short && bias_.defined() && from.is_cuda() &&
                           (activation_ == Activation::kGeluTanh ||
                            (activation_ == Activation::kGelu && weight_.scalar_type() == at::kBFloat16));
  if (in_epilogue) return at::_addmm_activation(bias_, from, weight_.t(), 1, 1, /*use_gelu=*/true);
  if constexpr (cuda_kernels())
    if (activation_ == Activation::kGelu && from.is_cuda() && out_ % 8 == 0) {
      at::Tensor y = at::linear(from, weight_);  // [N, out]
      cuda_bias_gelu(y, bias_);
      return y;
    }
  return plain_projection(from, weight_, bias_, activation_);
}

at::Tensor Projection::forward(const at::Tensor& x, at::Tensor reuse) const {
  GLINER_CHECK(x.dim() == 2 && x.size(1) == in_);
  if (!on_cpu_) return run_plain(x);
  const std::int64_t rows = x.size(0);
  const bool fits =
      reuse.defined() && reuse.size(0) == rows && reuse.size(1) == out_ && has_writable_capacity(reuse);
  at::Tensor y = fits ? reuse : new_rows(rows, out_, x.device());  // [N, out]
  run(x, y, /*accumulate=*/false);
  return y;
}

at::Tensor Projection::forward_add(const at::Tensor& x, const at::Tensor& residual) const {
  GLINER_CHECK(x.dim() == 2 && x.size(1) == in_ && !activation_ && residual.size(0) == x.size(0) &&
               residual.size(1) == out_);
  if (!on_cpu_) return run_plain(x) + residual;
  at::Tensor y = with_writable_capacity(residual);  // [N, out]
  run(x, y, /*accumulate=*/true);
  return y;
}

c10::ScalarType element_on_card(ComputeDtype dtype) {
  switch (dtype) {
    case ComputeDtype::kBfloat16:
      return at::kBFloat16;
    case ComputeDtype::kFloat16:
      return at::kHalf;
    default:
      return at::kFloat;
  }
}

at::Tensor plain_projection(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                            std::optional<Activation> activation) {
  const at::Tensor y = at::linear(x, weight, bias);
  return activation ? activate(y, *activation) : y;
}

at::Tensor activate(const at::Tensor& x, Activation activation) {
  switch (activation) {
    case Activation::kGelu:
      return at::gelu(x);
    case Activation::kGeluTanh:
      return at::gelu(x, "tanh");
    case Activation::kRelu:
      return at::relu(x);
    case Activation::kSilu:
      return at::silu(x);
    case Activation::kTanh:
      return at::tanh(x);
  }
  return x;
}

LinearWeights bind_linear(torch::nn::Module& module, const char* name, const WeightScope& w, std::int64_t in,
                          std::int64_t out, bool has_bias, const std::string& part) {
  const std::string prefix = part.empty() ? part : part + ".";
  LinearWeights bound;
  bound.weight = w.stored(prefix + "weight", {out, in}, name);
  register_weight_at(module, prefix + "weight", bound.weight);
  if (has_bias) {
    bound.bias = w.stored(prefix + "bias", {out}, name);
    register_weight_at(module, prefix + "bias", bound.bias);
  }
  return bound;
}

Linear::Linear(const WeightScope& w, std::int64_t in, std::int64_t out, const Options& options) {
  const LinearWeights bound = bind_linear(*this, "Linear", w, in, out, options.bias);
  projection_.emplace(bound.weight, bound.bias, options.activation, w.device(), w.dtype());
}

Linear::Linear(const WeightScope& w, const std::vector<Part>& parts, std::int64_t in, bool has_bias) {
  std::vector<at::Tensor> weights, biases;
  for (const auto& [name, out] : parts) {
    const LinearWeights bound = bind_linear(*this, "Linear", w, in, out, has_bias, name);
    weights.push_back(bound.weight);
    biases.push_back(bound.bias);
  }
  projection_.emplace(at::cat(weights), has_bias ? at::cat(biases) : at::Tensor(), std::nullopt, w.device(),
                      w.dtype());
}

}  // namespace gliner
