#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "nn/attention.h"
#include "nn/kv_cache.h"

namespace gliner {

/// The keys and values of one layer that the tokens of each packed sequence see: `keys` and `values` [T, H]
/// of its own, appended to its cache. Without caches (empty) no more than those.
std::vector<KvCache::Rows> append_all(const std::vector<KvCache*>& caches, std::size_t layer,
                                      const at::Tensor& keys, const at::Tensor& values,
                                      const SequenceStart& start);

/// Attention of a causal decoder: every token sees those before it in its sequence, and itself.
///
/// query: [T, heads * D] of the new tokens of packed sequences, its columns side by side. seen[b]: keys and
/// values [S, groups * D] of all of sequence b, the new tokens last; read for sequences with new tokens only.
/// Each group of heads / groups heads in order has its keys and values in common (Ainslie et al. 2023,
/// "GQA"). scale: factor of the scores. -> [T, heads * D]. On a CPU one task per sequence and head over the
/// intra-op threads; elsewhere the plain form. Thread-safe.
at::Tensor causal_attention(const at::Tensor& query, const SequenceStart& start,
                            const std::vector<KvCache::Rows>& seen, std::int64_t heads, double scale);

/// The same in plain tensor operations; oracle of the fused form.
at::Tensor plain_causal_attention(const at::Tensor& query, const SequenceStart& start,
                                  const std::vector<KvCache::Rows>& seen, std::int64_t heads, double scale);

}  // namespace gliner
