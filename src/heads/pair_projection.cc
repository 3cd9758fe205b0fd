#include "heads/pair_projection.h"

#include <ATen/ATen.h>

#include "nn/module_path.h"

namespace gliner {

PairProjection::PairProjection(const WeightScope& w, std::int64_t hidden) {
  const std::int64_t inner = 4 * hidden;
  const at::Tensor weight = w.stored("0.weight", {inner, 2 * hidden}, "PairProjection");
  const at::Tensor bias = w.stored("0.bias", {inner}, "PairProjection");
  register_weight_at(*this, "0.weight", weight);
  register_weight_at(*this, "0.bias", bias);
  head_part_.emplace(weight.narrow(1, 0, hidden), bias, std::nullopt, w.device());
  tail_part_.emplace(weight.narrow(1, hidden, hidden), at::Tensor(), std::nullopt, w.device());
  last_ = register_module("3", std::make_shared<Linear>(w / "3", inner, hidden));
}

std::vector<at::Tensor> PairProjection::prepare_entities(const at::Tensor& entities) const {
  return {head_part_->forward(entities), tail_part_->forward(entities)};  // [E, 4H] each
}

at::Tensor PairProjection::pair_vectors(const std::vector<at::Tensor>& heads,
                                        const std::vector<at::Tensor>& tails) const {
  return last_->forward(at::relu(heads[0] + tails[1]));
}

at::Tensor PairProjection::score(const std::vector<at::Tensor>& heads, const std::vector<at::Tensor>& tails,
                                 const Relations& relations) const {
  return at::linear(pair_vectors(heads, tails), relations.vectors);
}

}  // namespace gliner
