#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>

#include "nn/weight_scope.h"

namespace gliner {

/// How likely each entity of a text is to have a relation with each other one: the first stage of relation
/// extraction (gliner/modeling/multitask/relations_layers.py). Const after construction; thread-safe.
class EntityAdjacency : public torch::nn::Module {
 public:
  /// entities: [E, H] span vectors of one text -> [E, E] in [0, 1], heads by tails.
  virtual at::Tensor forward(const at::Tensor& entities) const = 0;
};

/// Builds the layer of `mode` (the config's relations_layer: dot, mlp, attention or attn, bilinear, gcn or
/// gat) from the tensors below `w`. "none" has no layer; all pairs are then taken. Throws ModelError on
/// another mode.
std::shared_ptr<EntityAdjacency> make_entity_adjacency(const WeightScope& w, const std::string& mode,
                                                       std::int64_t hidden);

}  // namespace gliner
