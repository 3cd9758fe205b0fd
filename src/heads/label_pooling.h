#pragma once

#include <ATen/core/Tensor.h>

#include "nn/attention.h"

namespace gliner {

/// The mean of each sequence's rows, special tokens included: how a bi-encoder makes one vector of a label's
/// tokens (gliner/modeling/encoder.py, mean_pooling). x: [T, H] -> [B, H]; zeros for an empty sequence.
at::Tensor mean_of_sequences(const at::Tensor& x, const SequenceStart& start);

}  // namespace gliner
