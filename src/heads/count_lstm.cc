#include "heads/count_lstm.h"

#include <ATen/ATen.h>

namespace gliner {

CountLstm::CountLstm(const WeightScope& w, std::int64_t hidden) : CountEmbedding(w, hidden) {
  projector_ = register_module(
      "projector",
      std::make_shared<Mlp>(w / "projector", std::vector<std::string>{"0", "2"},
                            std::vector<std::int64_t>{2 * hidden, 4 * hidden, hidden}, Activation::kRelu));
}

at::Tensor CountLstm::project(const at::Tensor& states, const at::Tensor& labels,
                              const std::vector<std::int64_t>&, const AttentionTiles&) const {
  return projector_->forward(at::cat({states, labels}, 1));
}

}  // namespace gliner
