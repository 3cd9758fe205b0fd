#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>

#include "config/encoder_config.h"
#include "encoders/deberta_v2.h"
#include "encoders/modernbert.h"
#include "nn/linear.h"
#include "nn/lstm.h"

namespace gliner {

/// A second encoder, over vectors: the words before the span layer, or the prompt of a streaming model
/// (gliner/modeling/context_encoders.py). DeBERTa-v2 layers, ModernBERT or an LSTM, between projections to
/// and from its own width. Const after construction; thread-safe.
class ContextEncoder : public torch::nn::Module {
 public:
  /// size: of the vectors that come and go. Throws ModelError on a kind that is not supported.
  ContextEncoder(const WeightScope& w, const EncoderConfig& config, std::int64_t size);

  /// x: [W, size] -> [W, size].
  at::Tensor forward(const at::Tensor& x, const SequenceStart& start) const;

  /// The same with every sequence followed by zero vectors up to `padded_words`, which are seen like words:
  /// the reference gives its span context encoders no mask, so their results depend on the longest text of
  /// the batch. Sequences that are longer stay as they are.
  at::Tensor forward_padded(const at::Tensor& x, const SequenceStart& start, std::int64_t padded_words) const;

 private:
  std::shared_ptr<Linear> input_projection_, output_projection_;  // Null where the widths are equal.
  std::shared_ptr<DebertaV2Stack> deberta_;                       // One of these three.
  std::shared_ptr<ModernBertEncoder> modernbert_;
  std::shared_ptr<Lstm> lstm_;
};

}  // namespace gliner
