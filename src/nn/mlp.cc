#include "nn/mlp.h"

#include "base/check.h"

namespace gliner {

Mlp::Mlp(const WeightScope& w, const std::vector<std::string>& names, const std::vector<std::int64_t>& sizes,
         Activation between, std::optional<Activation> last) {
  GLINER_CHECK(!names.empty() && sizes.size() == names.size() + 1);
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Linear::Options options{i + 1 < names.size() ? between : last, /*bias=*/true};
    layers_.push_back(
        register_module(names[i], std::make_shared<Linear>(w / names[i], sizes[i], sizes[i + 1], options)));
  }
}

at::Tensor Mlp::forward(const at::Tensor& x) const {
  at::Tensor y = x;
  for (const auto& layer : layers_) y = layer->forward(y);
  return y;
}

}  // namespace gliner
