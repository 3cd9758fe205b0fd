#pragma once

#include "heads/count_embedding.h"

namespace gliner {

/// `count_lstm`: a two-layer perceptron over state and label. (The reference calls its GRU an LSTM.)
class CountLstm : public CountEmbedding {
 public:
  CountLstm(const WeightScope& w, std::int64_t hidden);

 private:
  at::Tensor project(const at::Tensor& states, const at::Tensor& labels,
                     const std::vector<std::int64_t>& instance_start,
                     const AttentionTiles& tiles) const override;

  std::shared_ptr<Mlp> projector_;
};

}  // namespace gliner
