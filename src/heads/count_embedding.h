#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "config/gliner2_config.h"
#include "nn/attention.h"
#include "nn/gru.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"
#include "nn/mlp.h"

namespace gliner {

/// Instances that a checkpoint has a position for; the count head never predicts more than one less.
constexpr std::int64_t kMaxCount = 20;

/// The labels of one task that is to be extracted `count` times: rows [first, first + labels) of the label
/// matrix.
struct LabelGroup {
  std::int64_t first = 0;
  std::int64_t labels = 0;
  std::int64_t count = 0;  ///< In [1, kMaxCount].
};

/// How many rows take part in what a list of groups goes through.
struct CountShape {
  std::vector<std::int64_t>
      active;  ///< Per step: so many of the rows that begin, from the first on, take it.
  /// Queries of one group and instance are [instance_start[i], instance_start[i + 1]).
  std::vector<std::int64_t> instance_start = {0};
};

/// The steps that a list of groups takes, as indices: depends on the groups alone, so that it can be made,
/// and sent to a device, before any label vector is known.
struct CountSteps {
  explicit CountSteps(const std::vector<LabelGroup>& groups);

  CountShape shape;
  /// Rows of the label matrix that begin, those of the groups with most steps first.
  std::vector<std::int32_t> start_rows;
  /// Per query: its state among those of all steps, one step after the other, and its row of the label
  /// matrix.
  std::vector<std::int32_t> states, labels;
};

/// The indices of CountSteps on the device of the labels.
struct CountIndices {
  at::Tensor start_rows, states, labels;
  /// Of CountShape::instance_start, for cards; empty: made there.
  AttentionTiles tiles;
};

/// Turns the label vectors of a task into one query per instance and label (gliner2/layers.py, CountLSTM and
/// its variants). Const after construction; thread-safe.
class CountEmbedding : public torch::nn::Module {
 public:
  /// labels: [P, H] -> [Q, H]: group by group, in each by (instance, label).
  at::Tensor forward(const at::Tensor& labels, const std::vector<LabelGroup>& groups) const;
  /// The same with the steps of the groups, already made.
  at::Tensor forward(const at::Tensor& labels, const CountShape& shape, const CountIndices& indices) const;

  /// AttentionTiles::rows of the indices' tiles; 0: none are read.
  virtual std::int64_t card_tile_rows() const { return 0; }

 protected:
  CountEmbedding(const WeightScope& w, std::int64_t hidden);

  /// states: what the GRU made of each query's label after its instance's number of steps; labels: the label
  /// itself; all [Q, H]. instance_start: queries of one group and instance are [start[i], start[i + 1]);
  /// `tiles` are theirs or empty.
  virtual at::Tensor project(const at::Tensor& states, const at::Tensor& labels,
                             const std::vector<std::int64_t>& instance_start,
                             const AttentionTiles& tiles) const = 0;

 private:
  std::shared_ptr<Gru> gru_;
  at::Tensor position_gates_;  // [kMaxCount, 3H]: the GRU's inputs are constants of the checkpoint.
};

/// Builds the variant that the config names from the tensors below `w`.
std::shared_ptr<CountEmbedding> make_count_embedding(const WeightScope& w, CountingLayer kind,
                                                     std::int64_t hidden);

}  // namespace gliner
