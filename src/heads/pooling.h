#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "prompt/packed_batch.h"

namespace gliner {

/// One vector per scored row of the batch, from its sub-tokens: the first one, their mean or their maximum.
/// tokens: [T, H] -> [R, H], the rows of all sequences one after the other.
at::Tensor pool_rows(const at::Tensor& tokens, const PackedBatch& batch);

/// One vector per range of tokens: the mean of its tokens or, `largest`, their maximum element by element;
/// zeros for an empty range. tokens: [T, H] -> [ranges, H].
at::Tensor pool_ranges(const at::Tensor& tokens, const std::vector<TokenRange>& ranges, bool largest);

}  // namespace gliner
