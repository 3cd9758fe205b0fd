#include "nn/gru.h"

#include <ATen/ATen.h>

#include "nn/module_path.h"

namespace gliner {

Gru::Gru(const WeightScope& w, std::int64_t input_size, std::int64_t hidden_size) {
  const auto bind = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
    const at::Tensor weight = w.stored(name, shape, "Gru");
    register_weight_at(*this, name, weight);
    return weight;
  };
  const std::int64_t gates = 3 * hidden_size;
  const at::Tensor input_weight = bind("weight_ih_l0", {gates, input_size});
  const at::Tensor recurrent_weight = bind("weight_hh_l0", {gates, hidden_size});
  const at::Tensor input_bias = bind("bias_ih_l0", {gates});
  const at::Tensor recurrent_bias = bind("bias_hh_l0", {gates});
  input_.emplace(input_weight, input_bias, std::nullopt, w.device());
  recurrent_.emplace(recurrent_weight, recurrent_bias, std::nullopt, w.device());
}

at::Tensor Gru::step(const at::Tensor& gates, const at::Tensor& state) const {
  const std::int64_t hidden = state.size(1);
  const at::Tensor own = recurrent_->forward(state);  // [N, 3H]
  const auto gate = [hidden](const at::Tensor& all, std::int64_t index) {
    return all.narrow(1, index * hidden, hidden);
  };
  const at::Tensor reset = at::sigmoid(gate(gates, 0) + gate(own, 0));
  const at::Tensor update = at::sigmoid(gate(gates, 1) + gate(own, 1));
  const at::Tensor proposal = at::tanh(gate(gates, 2) + reset * gate(own, 2));
  return (1 - update) * proposal + update * state;
}

}  // namespace gliner
