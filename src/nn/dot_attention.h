#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace gliner {

/// Scaled dot-product attention of one sequence in tensor operations, for the forms that self_attention does
/// not have: keys of another sequence, a bias for every pair, a mask.
///
/// query: [L, heads * D]; key, value: [S, heads * D]; bias: broadcast to [heads, L, S] and added to the
/// scores, or undefined -> [L, heads * D]. Zeros without keys.
at::Tensor dot_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                         std::int64_t heads, double scale, const at::Tensor& bias = {});

/// The bias with which query i of the last `queries` positions sees the keys up to its own position:
/// [queries, keys], 0 or -inf. queries <= keys.
at::Tensor causal_bias(std::int64_t queries, std::int64_t keys, c10::Device device);

}  // namespace gliner
