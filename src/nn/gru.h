#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <optional>

#include "nn/linear.h"

namespace gliner {

/// One layer of gated recurrent units with torch.nn.GRU's names and order of gates (reset, update, new).
class Gru : public torch::nn::Module {
 public:
  Gru(const WeightScope& w, std::int64_t input_size, std::int64_t hidden_size);

  /// The inputs' share of the gates: x [N, I] -> [N, 3H]. Depends on no state, so it may be computed ahead.
  at::Tensor input_gates(const at::Tensor& x) const { return input_->forward(x); }

  /// One step. gates: [1 or N, 3H] from input_gates; state: [N, H] -> the next state, [N, H].
  at::Tensor step(const at::Tensor& gates, const at::Tensor& state) const;

 private:
  std::optional<Projection> input_, recurrent_;
};

}  // namespace gliner
