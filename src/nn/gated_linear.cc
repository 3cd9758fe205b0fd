#include "nn/gated_linear.h"

#include <ATen/ATen.h>

namespace gliner {

GatedLinear::GatedLinear(const WeightScope& w, std::int64_t in, std::int64_t inner,
                         const Linear::Options& options)
    : activation_(options.activation) {
  set(bind_linear(*this, "GatedLinear", w, in, 2 * inner, options.bias), w);
}

GatedLinear::GatedLinear(const WeightScope& w, const std::string& activated, const std::string& gate,
                         std::int64_t in, std::int64_t inner, const Linear::Options& options)
    : activation_(options.activation) {
  const LinearWeights u = bind_linear(*this, "GatedLinear", w, in, inner, options.bias, activated);
  const LinearWeights g = bind_linear(*this, "GatedLinear", w, in, inner, options.bias, gate);
  set({at::cat({u.weight, g.weight}), options.bias ? at::cat({u.bias, g.bias}) : at::Tensor()}, w);
}

void GatedLinear::set(const LinearWeights& both, const WeightScope& w) {
  if (!w.device().is_cpu()) {
    both_.emplace(both.weight, both.bias, std::nullopt, w.device(), w.dtype());
    return;
  }
  const std::int64_t inner = both.weight.size(0) / 2;
  const auto half = [&](const at::Tensor& x, std::int64_t first) {
    return x.defined() ? x.narrow(0, first, inner) : x;
  };
  activated_.emplace(half(both.weight, 0), half(both.bias, 0), activation_, w.device(), w.dtype());
  gate_.emplace(half(both.weight, inner), half(both.bias, inner), std::nullopt, w.device(), w.dtype());
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
