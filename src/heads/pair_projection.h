#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "heads/relation_scorer.h"
#include "nn/linear.h"

namespace gliner {

/// A pair's vector is a projection of both entities side by side; its dot product with a relation is the
/// logit. The first product splits into a part for each entity.
class PairProjection : public RelationScorer {
 public:
  /// w: of "0.weight", "3.weight" and their biases.
  PairProjection(const WeightScope& w, std::int64_t hidden);

 private:
  std::vector<at::Tensor> prepare_entities(const at::Tensor& entities) const override;
  at::Tensor score(const std::vector<at::Tensor>& heads, const std::vector<at::Tensor>& tails,
                   const Relations& relations) const override;
  at::Tensor pair_vectors(const std::vector<at::Tensor>& heads,
                          const std::vector<at::Tensor>& tails) const override;

  std::optional<Projection> head_part_, tail_part_;  // H -> 4H
  std::shared_ptr<Linear> last_;                     // 4H -> H
};

}  // namespace gliner
