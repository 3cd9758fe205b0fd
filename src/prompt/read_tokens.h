#pragma once

#include <vector>

#include "prompt/packed_batch.h"
#include "prompt/span_batch.h"

namespace gliner {

/// Per token of a batch [T] whether a head reads its vector: sub-tokens that are pooled to words, and
/// markers. In a prompt of many labels, and in texts of rare words, that is less than half of them.
std::vector<bool> read_tokens(const PackedBatch& batch);
/// The same for GLiNER v1, where no second encoder reads the prompt.
std::vector<bool> read_tokens(const SpanBatch& batch);

}  // namespace gliner
