#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "nn/weight_scope.h"

namespace gliner {

/// Two entities of one text, as rows of its entity vectors.
struct EntityPair {
  std::int64_t head = 0;
  std::int64_t tail = 0;
};

/// All pairs of different entities of one text, by head, then tail; where `adjacency`, [entities, entities],
/// is not null, those alone that it says are likelier than `threshold`.
std::vector<EntityPair> likely_pairs(std::int64_t entities, const float* adjacency, float threshold);

/// Scores pairs of entities against relation vectors: the second stage of relation extraction. Const after
/// construction; thread-safe.
class RelationScorer : public torch::nn::Module {
 public:
  /// entities: [E, H] span vectors of one text, relations: [R, H] -> logits [pairs, R] on their
  /// device.
  at::Tensor logits(const at::Tensor& entities, const std::vector<EntityPair>& pairs,
                    const at::Tensor& relations) const;

  /// One vector per pair, where the scorer has one: [pairs, H]. Undefined otherwise.
  at::Tensor vectors(const at::Tensor& entities, const std::vector<EntityPair>& pairs) const;

 protected:
  /// What the scorer needs of the relations alone, made once for all pairs.
  struct Relations {
    at::Tensor vectors;             ///< [R, H]
    std::vector<at::Tensor> parts;  ///< As the scorer likes, R in front.
  };
  virtual Relations prepare(const at::Tensor& relations) const { return {relations, {}}; }
  /// The same of the entities: tensors with E in front.
  virtual std::vector<at::Tensor> prepare_entities(const at::Tensor& entities) const { return {entities}; }

  /// One block of pairs. heads, tails: rows of each of prepare_entities' tensors -> [n, R].
  virtual at::Tensor score(const std::vector<at::Tensor>& heads, const std::vector<at::Tensor>& tails,
                           const Relations& relations) const = 0;
  /// One block of pairs -> [n, H] or undefined.
  virtual at::Tensor pair_vectors(const std::vector<at::Tensor>& heads,
                                  const std::vector<at::Tensor>& tails) const;
};

/// Builds the scorer of `triples_layer`, one of the interactions of knowledge graph embeddings (UM, SE,
/// TransE, TransH, TransF, PairRE, TripleRE, DistMult, SimplE, DistMA, ComplEx, QuatE, HolE, TuckER, ERMLP,
/// ConvKB; gliner/modeling/multitask/triples_layers.py), from the tensors below w / "triples_score_layer";
/// or, where it is empty, the projection of both entities below w / "pair_rep_layer". Throws ModelError on
/// another layer and on a width that the layer does not take.
std::shared_ptr<RelationScorer> make_relation_scorer(const WeightScope& w, const std::string& triples_layer,
                                                     std::int64_t hidden);

}  // namespace gliner
