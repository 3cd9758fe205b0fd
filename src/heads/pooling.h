#pragma once

#include <ATen/core/Tensor.h>

#include "prompt/packed_batch.h"

namespace gliner {

/// One vector per scored row of the batch, from its sub-tokens: the first one, their mean or their maximum.
/// tokens: [T, H] -> [R, H], the rows of all sequences one after the other.
at::Tensor pool_rows(const at::Tensor& tokens, const PackedBatch& batch);

}  // namespace gliner
