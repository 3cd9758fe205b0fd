#pragma once

#include <vector>

#include "gliner/options.h"
#include "gliner/result.h"
#include "prompt/compiled_prompt.h"
#include "prompt/packed_batch.h"

namespace gliner {

/// What the heads have to do for one text: markers, thresholds per label, choice rows and attribute labels.
/// Token places are relative to the text's own sequence.
std::vector<TaskSlot> plan_tasks(const CompiledPrompt& prompt, const PreparedText& prepared,
                                 const ExtractOptions& options);

/// Turns what the heads found into a Result: validators, overlaps, pairing, choices, attributes
/// (gliner2/inference/runtime.py). Offsets come out in bytes of `prepared.text`; see finish_offsets.
Result decode(const CompiledPrompt& prompt, const PreparedText& prepared, const std::vector<TaskSlot>& slots,
              const SequenceOutput& output, const ExtractOptions& options);

/// Translates every offset of `result` from bytes of `text` into `unit`.
void finish_offsets(Result& result, const std::string& text, OffsetUnit unit);

}  // namespace gliner
