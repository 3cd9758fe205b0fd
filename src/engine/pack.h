#pragma once

#include <vector>

#include "prompt/compiled_prompt.h"
#include "prompt/packed_batch.h"

namespace gliner {

/// Appends one text to a batch: its places, relative to its own tokens, become places of the batch. The
/// slots' thresholds and choice rows are taken as they are.
void append_sequence(PackedBatch& batch, const PreparedText& text, const std::vector<TaskSlot>& slots);

}  // namespace gliner
