#pragma once

#include "nn/linear.h"

namespace gliner {

/// f(x U^T + b) * (x G^T + c), the first half of a gated feed-forward block (Shazeer 2020, "GLU Variants
/// Improve Transformer"). Const after construction; thread-safe.
class GatedLinear : public torch::nn::Module {
 public:
  /// What the layers of a stack take turns with. One thread at a time.
  struct Buffers {
    at::Tensor activated, gate;  ///< [N, inner]
  };

  /// `weight` [2 * inner, in] and, unless told otherwise, `bias` [2 * inner]: U and b stand before G and c.
  /// `options.activation` is f.
  GatedLinear(const WeightScope& w, std::int64_t in, std::int64_t inner, const Linear::Options& options);

  /// The same where the checkpoint has two layers, `activated` with U and `gate` with G.
  GatedLinear(const WeightScope& w, const std::string& activated, const std::string& gate, std::int64_t in,
              std::int64_t inner, const Linear::Options& options);

  /// x: [N, in] -> [N, inner], which may lie in `buffers`.
  at::Tensor forward(const at::Tensor& x, Buffers& buffers) const;

 private:
  // U and b before G and c.
  void set(const LinearWeights& both, const WeightScope& w);

  std::optional<Activation> activation_;
  // CPU: two products, as the activation goes into the first one.
  std::optional<Projection> activated_, gate_;
  // Other devices: one.
  std::optional<Projection> both_;
};

}  // namespace gliner
