#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "encoders/encoder.h"
#include "nn/linear.h"
#include "nn/mlp.h"

namespace gliner {

/// A weighted sum of an encoder's layers, the weights from a squeeze-and-excitation network over the means of
/// each layer's tokens, and a projection (gliner/modeling/layers.py, LayersFuser). Const after construction;
/// thread-safe.
class LayersFuser : public torch::nn::Module {
 public:
  LayersFuser(const WeightScope& w, std::int64_t layers, std::int64_t hidden);

  /// Runs `encoder` and fuses its layers: as Encoder::forward.
  at::Tensor forward(const Encoder& encoder, const std::vector<std::int32_t>& ids,
                     const SequenceStart& start) const;

  /// The same as the reference computes it in a batch: its means go over the padding too, tokens `pad_id` up
  /// to the batch's longest sequence of `padded_tokens`. Encoders that cannot run padding
  /// (Encoder::forward_padded) leave it out.
  at::Tensor forward_padded(const Encoder& encoder, const std::vector<std::int32_t>& ids,
                            const SequenceStart& start, std::int64_t padded_tokens,
                            std::int32_t pad_id) const;

  /// layers: each [T, H], the embeddings not among them -> [T, H].
  at::Tensor fuse(const std::vector<at::Tensor>& layers, const SequenceStart& start) const;

 private:
  std::size_t layers_;
  std::shared_ptr<Linear> squeeze_;    // H -> 1
  std::shared_ptr<Linear> down_, up_;  // Layers -> layers / 2 -> layers
  std::shared_ptr<Linear> output_;
};

}  // namespace gliner
