#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "nn/linear.h"

namespace gliner {

/// Logits of all spans of at most K words of one sequence against queries, where a span's score is
/// folded . relu(start_i + end_j) + bias. start, end: [R, C], folded: [Q, C], bias: [Q] -> [Q, R, K], -inf
/// where a span runs past the last word. In plain tensor operations; oracle of the forms below.
at::Tensor plain_span_logits(const at::Tensor& start, const at::Tensor& end, const at::Tensor& folded,
                             const at::Tensor& bias, std::int64_t max_width);

/// The same with the CPU's fused loop: nothing of a span is stored but its scores.
at::Tensor fused_span_logits(const at::Tensor& start, const at::Tensor& end, const at::Tensor& folded,
                             const at::Tensor& bias, std::int64_t max_width);

/// The same on a CPU with folded and bias packed as a product, for many queries; the scores of a span are
/// neighbours in memory, as the product leaves them.
at::Tensor packed_span_logits(const at::Tensor& start, const at::Tensor& end, const Projection& product,
                              std::int64_t max_width);

}  // namespace gliner
