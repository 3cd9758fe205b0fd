#include "heads/relation_scorer.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "base/check.h"
#include "heads/pair_projection.h"
#include "heads/triple_scorers.h"
#include "nn/index_tensor.h"

namespace gliner {
namespace {

// Pairs that are computed at once; a scorer may need several vectors for each pair and relation.
constexpr std::int64_t kPairsAtOnce = 512;

struct Ends {
  std::vector<at::Tensor> heads, tails;
};

// Rows of the prepared entities for the pairs [begin, begin + count).
Ends ends_of(const std::vector<at::Tensor>& entities, const std::vector<EntityPair>& pairs,
             std::int64_t begin, std::int64_t count) {
  std::vector<std::int64_t> heads, tails;
  for (std::int64_t p = begin; p < begin + count; ++p) {
    heads.push_back(pairs[static_cast<std::size_t>(p)].head);
    tails.push_back(pairs[static_cast<std::size_t>(p)].tail);
  }
  const auto index = [&](const std::vector<std::int64_t>& rows) {
    return index_tensor(rows, entities.front().device());
  };
  Ends ends;
  for (const at::Tensor& part : entities) {
    ends.heads.push_back(part.index_select(0, index(heads)));
    ends.tails.push_back(part.index_select(0, index(tails)));
  }
  return ends;
}

}  // namespace

std::vector<EntityPair> likely_pairs(std::int64_t entities, const float* adjacency, float threshold) {
  std::vector<EntityPair> pairs;
  for (std::int64_t head = 0; head < entities; ++head)
    for (std::int64_t tail = 0; tail < entities; ++tail) {
      if (head == tail) continue;
      if (adjacency != nullptr && !(adjacency[head * entities + tail] > threshold)) continue;
      pairs.push_back({head, tail});
    }
  return pairs;
}

at::Tensor RelationScorer::pair_vectors(const std::vector<at::Tensor>&,
                                        const std::vector<at::Tensor>&) const {
  return {};
}

at::Tensor RelationScorer::logits(const at::Tensor& entities, const std::vector<EntityPair>& pairs,
                                  const at::Tensor& relations) const {
  GLINER_CHECK(entities.size(1) == relations.size(1));
  const auto count = static_cast<std::int64_t>(pairs.size());
  at::Tensor logits = at::empty({count, relations.size(0)}, entities.options());  // [pairs, R]
  if (logits.numel() == 0) return logits;
  const Relations prepared = prepare(relations);
  const std::vector<at::Tensor> parts = prepare_entities(entities);
  for (std::int64_t done = 0; done < count; done += kPairsAtOnce) {
    const std::int64_t rows = std::min(kPairsAtOnce, count - done);
    const Ends ends = ends_of(parts, pairs, done, rows);
    logits.narrow(0, done, rows).copy_(score(ends.heads, ends.tails, prepared));
  }
  return logits;
}

at::Tensor RelationScorer::vectors(const at::Tensor& entities, const std::vector<EntityPair>& pairs) const {
  if (pairs.empty()) return at::empty({0, entities.size(1)}, entities.options());
  const Ends ends = ends_of(prepare_entities(entities), pairs, 0, static_cast<std::int64_t>(pairs.size()));
  return pair_vectors(ends.heads, ends.tails);
}

std::shared_ptr<RelationScorer> make_relation_scorer(const WeightScope& w, const std::string& triples_layer,
                                                     std::int64_t hidden) {
  if (triples_layer.empty()) return std::make_shared<PairProjection>(w / "pair_rep_layer", hidden);
  return make_triple_scorer(w / "triples_score_layer.interaction", triples_layer, hidden);
}

}  // namespace gliner
