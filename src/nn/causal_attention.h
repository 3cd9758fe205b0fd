#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "nn/attention.h"
#include "nn/kv_cache.h"

namespace gliner {

/// Attention of a causal decoder: every token sees those before it in its sequence, and itself.
///
/// qkv: [T, 3 * heads * D] of the new tokens of packed sequences, query, key and value side by side. seen[b]:
/// keys and values [S, heads * D] of all of sequence b, the new tokens last; read for sequences with new
/// tokens only. scale: factor of the scores. -> [T, heads * D]. On a CPU one task per sequence and head over
/// the intra-op threads; elsewhere the plain form. Thread-safe.
at::Tensor causal_attention(const at::Tensor& qkv, const SequenceStart& start,
                            const std::vector<KvCache::Rows>& seen, std::int64_t heads, double scale);

/// The same in plain tensor operations; oracle of the fused form.
at::Tensor plain_causal_attention(const at::Tensor& qkv, const SequenceStart& start,
                                  const std::vector<KvCache::Rows>& seen, std::int64_t heads, double scale);

}  // namespace gliner
