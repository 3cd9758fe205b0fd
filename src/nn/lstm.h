#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "nn/attention.h"
#include "nn/packed_lstm.h"
#include "nn/weight_scope.h"

namespace gliner {

/// Layers of long short-term memory over packed sequences, with torch.nn.LSTM's names ("weight_ih_l0", ...,
/// "bias_hh_l1_reverse") and meaning. What the reference reaches by packing padded sequences: each one is
/// read from its own first to its own last row and back, from zero states. Const after construction;
/// thread-safe.
class Lstm : public torch::nn::Module {
 public:
  struct Options {
    std::int64_t layers = 1;
    bool bidirectional = true;
  };
  /// hidden_size: of one direction.
  Lstm(const WeightScope& w, std::int64_t input_size, std::int64_t hidden_size, const Options& options);

  /// x: [T, I] -> [T, D * H], D directions side by side (forward, backward), of the last layer. On a CPU one
  /// task per direction and group of sequences over the intra-op threads; elsewhere the plain form.
  at::Tensor forward(const at::Tensor& x, const SequenceStart& start) const;

 private:
  std::int64_t hidden_size_;
  std::size_t directions_;
  std::vector<PackedLstm> packed_;   // CPU: layer by layer, forward before backward.
  std::vector<at::Tensor> weights_;  // Elsewhere: in torch's order, four tensors a direction.
};

/// The same in LibTorch's operations; oracle of the fused form. weights: layer by layer and direction by
/// direction weight_ih [4H, I], weight_hh [4H, H], bias_ih [4H], bias_hh [4H].
at::Tensor plain_lstm(const at::Tensor& x, const SequenceStart& start, const std::vector<at::Tensor>& weights,
                      const Lstm::Options& options);

}  // namespace gliner
