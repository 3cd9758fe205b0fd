#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "nn/attention.h"

namespace gliner {

/// Whether this build has kernels for cards. Without, the functions that launch any do not exist: ask with
/// `if constexpr`.
constexpr bool cuda_kernels() {
#ifdef GLINER_CUDA
  return true;
#else
  return false;
#endif
}

/// See CardTables. key, query: [2 * span, heads * D] float32. Plain tensor operations, on any device.
CardTables make_card_tables(const RelativePositions& positions, const at::Tensor& key,
                            const at::Tensor& query, std::int64_t heads, c10::ScalarType element);

/// Whether cuda_attention can do it; what it cannot, plain_attention does.
bool has_cuda_attention(const at::Tensor& qkv, const AttentionOptions& options);

/// self_attention on a card: with position tables and in float32 this project's kernels; else LibTorch's
/// flash attention where it has one for packed sequences.
at::Tensor cuda_attention(const at::Tensor& qkv, const SequenceStart& start, const AttentionOptions& options);

/// The tiles, or the sequences' begins, that cuda_attention would make for itself, for all layers of a
/// forward pass to share. Empty where it cannot do it.
AttentionTiles cuda_attention_tiles(const at::Tensor& qkv, const SequenceStart& start,
                                    const AttentionOptions& options);

/// x: [N, H] of any float type, residual: [N, H] float32 or undefined -> LayerNorm(x + residual), float32 in
/// `full` and of x's type in `low` (the same tensor in float32). `full` takes the place of the residual where
/// that is given.
struct NormedRows {
  at::Tensor full, low;
};
bool has_cuda_add_norm(const at::Tensor& x);
NormedRows cuda_add_norm(const at::Tensor& x, const at::Tensor& residual, const at::Tensor& weight,
                         const at::Tensor& bias, double eps);

/// The same of the rows `ids`, int32 [N], of `table`, [V, H] float32; `low` has the element type `element`.
NormedRows cuda_embed_norm(const at::Tensor& table, const at::Tensor& ids, const at::Tensor& weight,
                           const at::Tensor& bias, double eps, c10::ScalarType element);

/// x = gelu(x + bias) by the error function, in place. x: [N, F] contiguous, F a multiple of 8; bias: [F] of
/// x's type or undefined.
void cuda_bias_gelu(at::Tensor& x, const at::Tensor& bias);

}  // namespace gliner
