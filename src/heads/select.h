#pragma once

#include <ATen/core/Tensor.h>

#include "prompt/packed_batch.h"

namespace gliner {

/// 1 / (1 + e^-x) in float32.
float sigmoid(float x);

/// A logit below this one cannot reach the score `threshold`, so that most spans need no exponential. The
/// margin covers the rounding of both functions many times over.
float least_logit(float threshold);

/// Keeps what decoding needs of one task's logits: candidates that reach their label's threshold, choice
/// scores and the attribute logits of the candidates. logits: [count * labels, R, K] on the CPU, contiguous,
/// -inf behind the end. Fills `output` except for its count.
void select_spans(const at::Tensor& logits, const PackedSequence& sequence, const TaskSlot& task,
                  TaskOutput& output);

}  // namespace gliner
