#include "heads/count_lstm_moe.h"

#include <ATen/ATen.h>

#include "nn/module_path.h"

namespace gliner {
namespace {

// Sizes that the reference writes where it builds CountLSTMoE.
constexpr std::int64_t kExperts = 4;
constexpr std::int64_t kWidening = 2;

}  // namespace

CountLstmMoe::CountLstmMoe(const WeightScope& w, std::int64_t hidden) : CountEmbedding(w, hidden) {
  const std::int64_t inner = kWidening * hidden;
  const auto bind = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
    const at::Tensor weight = w.stored(name, shape, "CountLstmMoe");
    register_weight_at(*this, name, weight);
    return weight;
  };
  const at::Tensor up = bind("w1", {kExperts, hidden, inner});
  const at::Tensor up_bias = bind("b1", {kExperts, inner});
  const at::Tensor down = bind("w2", {kExperts, inner, hidden});
  const at::Tensor down_bias = bind("b2", {kExperts, hidden});
  up_.emplace(up.permute({0, 2, 1}).reshape({kExperts * inner, hidden}), up_bias.reshape({kExperts * inner}),
              Activation::kGelu, w.device());
  down_.emplace(down.permute({2, 0, 1}).reshape({hidden, kExperts * inner}), at::Tensor(), std::nullopt,
                w.device());
  down_bias_ = to_float32(down_bias, w.device());
  router_ =
      register_module("router", std::make_shared<Mlp>(w / "router", std::vector<std::string>{"0", "2"},
                                                      std::vector<std::int64_t>{hidden, hidden, kExperts},
                                                      Activation::kGelu));
}

at::Tensor CountLstmMoe::project(const at::Tensor& states, const at::Tensor&,
                                 const std::vector<std::int64_t>&, const AttentionTiles&) const {
  const at::Tensor gates = at::softmax(router_->forward(states), -1).unsqueeze(2);  // [Q, experts, 1]
  const at::Tensor inner =
      up_->forward(states).view({states.size(0), kExperts, -1}) * gates;  // [Q, experts, F]
  const at::Tensor bias = (gates * down_bias_).sum(1);                    // [Q, H]
  return down_->forward(inner.view({states.size(0), -1})) + bias;
}

}  // namespace gliner
