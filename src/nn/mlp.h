#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "nn/linear.h"

namespace gliner {

/// Linear layers with an activation between them: the checkpoint's `torch.nn.Sequential`, whose members are
/// named by their place in it ("0", "2" or, with a dropout between, "0", "3").
class Mlp : public torch::nn::Module {
 public:
  /// names: n layers; sizes: n + 1. `last` is applied to the result of the last layer.
  Mlp(const WeightScope& w, const std::vector<std::string>& names, const std::vector<std::int64_t>& sizes,
      Activation between, std::optional<Activation> last = std::nullopt);

  /// x: [N, sizes.front()] -> [N, sizes.back()].
  at::Tensor forward(const at::Tensor& x) const;

 private:
  std::vector<std::shared_ptr<Linear>> layers_;
};

}  // namespace gliner
