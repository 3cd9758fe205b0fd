#include "nn/gated_linear.h"

#include <ATen/ATen.h>

namespace gliner {

GatedLinear::GatedLinear(const WeightScope& w, std::int64_t in, std::int64_t inner,
                         const Linear::Options& options)
    : activation_(options.activation) {
  const auto [weight, bias] = bind_linear(*this, "GatedLinear", w, in, 2 * inner, options.bias);
  const auto half = [&](const at::Tensor& x, std::int64_t first) {
    return x.defined() ? x.narrow(0, first, inner) : x;
  };
  set({half(weight, 0), half(bias, 0)}, {half(weight, inner), half(bias, inner)}, w);
}

GatedLinear::GatedLinear(const WeightScope& w, const std::string& activated, const std::string& gate,
                         std::int64_t in, std::int64_t inner, const Linear::Options& options)
    : activation_(options.activation) {
  const auto bind = [&](const std::string& part) {
    return bind_linear(*this, "GatedLinear", w, in, inner, options.bias, part);
  };
  const LinearWeights first = bind(activated);
  set(first, bind(gate), w);
}

void GatedLinear::set(const LinearWeights& activated, const LinearWeights& gate, const WeightScope& w) {
  if (!w.device().is_cpu()) {
    const at::Tensor bias = gate.bias.defined() ? at::cat({activated.bias, gate.bias}) : at::Tensor();
    both_.emplace(at::cat({activated.weight, gate.weight}), bias, std::nullopt, w.device(), w.dtype());
    return;
  }
  activated_.emplace(activated.weight, activated.bias, activation_, w.device(), w.dtype());
  gate_.emplace(gate.weight, gate.bias, std::nullopt, w.device(), w.dtype());
}

at::Tensor GatedLinear::forward(const at::Tensor& x, Buffers& buffers) const {
  if (both_) {
    const std::vector<at::Tensor> halves = both_->forward(x).chunk(2, 1);
    return (activation_ ? activate(halves[0], *activation_) : halves[0]) * halves[1];
  }
  buffers.activated = activated_->forward(x, buffers.activated);
  buffers.gate = gate_->forward(x, buffers.gate);
  return buffers.activated.mul_(buffers.gate);
}

}  // namespace gliner
