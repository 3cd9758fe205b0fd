#include "heads/count_embedding.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <numeric>

#include "base/check.h"
#include "heads/count_lstm.h"
#include "heads/count_lstm_moe.h"
#include "heads/count_lstm_v2.h"
#include "nn/index_tensor.h"
#include "nn/module_path.h"

namespace gliner {

CountEmbedding::CountEmbedding(const WeightScope& w, std::int64_t hidden) {
  const at::Tensor positions = w.stored("pos_embedding.weight", {kMaxCount, hidden}, "CountEmbedding");
  register_weight_at(*this, "pos_embedding.weight", positions);
  gru_ = register_module("gru", std::make_shared<Gru>(w / "gru", hidden, hidden));
  position_gates_ = gru_->input_gates(to_float32(positions, w.device()));
}

CountSteps::CountSteps(const std::vector<LabelGroup>& groups) {
  // The groups that need most steps first, so that the rows still active at a step are always a prefix.
  std::vector<std::size_t> order(groups.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return groups[a].count > groups[b].count; });
  std::vector<std::int64_t> place(groups.size());  // First row of each group in that order.
  for (const std::size_t g : order) {
    GLINER_CHECK(groups[g].count >= 1 && groups[g].count <= kMaxCount);
    place[g] = static_cast<std::int64_t>(start_rows.size());
    for (std::int64_t l = 0; l < groups[g].labels; ++l)
      start_rows.push_back(static_cast<std::int32_t>(groups[g].first + l));
  }
  std::vector<std::int64_t> step_offset;  // Where a step's states begin among all.
  std::int64_t total = 0;
  const std::int64_t most = groups.empty() ? 0 : groups[order.front()].count;
  for (std::int64_t t = 0; t < most; ++t) {
    shape.active.push_back(0);
    for (const LabelGroup& group : groups) shape.active.back() += group.count > t ? group.labels : 0;
    step_offset.push_back(total);
    total += shape.active.back();
  }
  for (std::size_t g = 0; g < groups.size(); ++g)
    for (std::int64_t t = 0; t < groups[g].count; ++t) {
      for (std::int64_t l = 0; l < groups[g].labels; ++l) {
        states.push_back(static_cast<std::int32_t>(step_offset[static_cast<std::size_t>(t)] + place[g] + l));
        labels.push_back(static_cast<std::int32_t>(groups[g].first + l));
      }
      shape.instance_start.push_back(static_cast<std::int64_t>(states.size()));
    }
}

at::Tensor CountEmbedding::forward(const at::Tensor& labels, const std::vector<LabelGroup>& groups) const {
  const CountSteps steps(groups);
  const auto rows = [&](const std::vector<std::int32_t>& index) {
    return index_tensor(index, labels.device());
  };
  return forward(labels, steps.shape, {rows(steps.start_rows), rows(steps.states), rows(steps.labels), {}});
}

at::Tensor CountEmbedding::forward(const at::Tensor& labels, const CountShape& shape,
                                   const CountIndices& indices) const {
  if (indices.states.size(0) == 0) return at::empty({0, labels.size(1)}, labels.options());
  at::Tensor state = labels.index_select(0, indices.start_rows);
  std::vector<at::Tensor> states;  // Of each step those of the active rows.
  for (std::size_t t = 0; t < shape.active.size(); ++t) {
    state = gru_->step(position_gates_.narrow(0, static_cast<std::int64_t>(t), 1),
                       state.narrow(0, 0, shape.active[t]));
    states.push_back(state);
  }
  return project(at::cat(states).index_select(0, indices.states), labels.index_select(0, indices.labels),
                 shape.instance_start, indices.tiles);
}

std::shared_ptr<CountEmbedding> make_count_embedding(const WeightScope& w, CountingLayer kind,
                                                     std::int64_t hidden) {
  switch (kind) {
    case CountingLayer::kCountLstm:
      return std::make_shared<CountLstm>(w, hidden);
    case CountingLayer::kCountLstmV2:
      return std::make_shared<CountLstmV2>(w, hidden);
    case CountingLayer::kCountLstmMoe:
      return std::make_shared<CountLstmMoe>(w, hidden);
  }
  GLINER_CHECK(false);
}

}  // namespace gliner
