#pragma once

#include "heads/count_embedding.h"

namespace gliner {

/// `count_lstm_moe`: four expert perceptrons, mixed by a softmax router that sees the state.
class CountLstmMoe : public CountEmbedding {
 public:
  CountLstmMoe(const WeightScope& w, std::int64_t hidden);

 private:
  at::Tensor project(const at::Tensor& states, const at::Tensor& labels,
                     const std::vector<std::int64_t>& instance_start,
                     const AttentionTiles& tiles) const override;

  // The experts stand side by side: one product up, and, once the gates are multiplied in, one product down.
  std::optional<Projection> up_, down_;
  at::Tensor down_bias_;  // [experts, H]
  std::shared_ptr<Mlp> router_;
};

}  // namespace gliner
