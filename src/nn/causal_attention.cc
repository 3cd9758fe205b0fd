#include "nn/causal_attention.h"

#include <ATen/ATen.h>

#include "base/check.h"
#include "nn/cpu/kernels.h"
#include "nn/dot_attention.h"
#include "nn/rows.h"
#include "nn/threads.h"

namespace gliner {

at::Tensor causal_attention(const at::Tensor& qkv, const SequenceStart& start,
                            const std::vector<KvCache::Rows>& seen, std::int64_t heads, double scale) {
  if (!qkv.device().is_cpu()) return plain_causal_attention(qkv, start, seen, heads, scale);
  const std::int64_t hidden = qkv.size(1) / 3;
  const std::int64_t head_size = hidden / heads;
  GLINER_CHECK(start.size() == seen.size() + 1 && start.back() == qkv.size(0) && qkv.stride(1) == 1);
  at::Tensor context = new_rows(qkv.size(0), hidden, qkv.device());  // [T, H]
  const std::vector<std::size_t> order = longest_first(start);
  const float* const queries = qkv.data_ptr<float>();
  float* const result = context.data_ptr<float>();
  parallel_tasks(static_cast<std::int64_t>(order.size()) * heads, [&](std::int64_t task) {
    const std::size_t b = order[static_cast<std::size_t>(task / heads)];
    const std::int64_t added = start[b + 1] - start[b];
    if (added == 0) return;
    const std::int64_t column = task % heads * head_size;
    const at::Tensor& keys = seen[b].keys;
    thread_local AlignedBuffer scratch;
    AttentionHead h;
    h.length = keys.size(0);
    h.first_query = h.length - added;
    h.head_size = head_size;
    h.stride = qkv.stride(0);
    h.key_stride = keys.stride(0);
    h.query = queries + start[b] * h.stride + column;
    h.key = keys.data_ptr<float>() + column;
    h.value = seen[b].values.data_ptr<float>() + column;
    h.scale = static_cast<float>(scale);
    h.causal = true;
    h.out = result + start[b] * hidden + column;
    h.out_stride = hidden;
    h.scratch = scratch.floats(attention_scratch_floats(h.length, head_size));
    cpu_kernels().attention_head(h);
  });
  return context;
}

at::Tensor plain_causal_attention(const at::Tensor& qkv, const SequenceStart& start,
                                  const std::vector<KvCache::Rows>& seen, std::int64_t heads, double scale) {
  const std::int64_t hidden = qkv.size(1) / 3;
  at::Tensor context = new_rows(qkv.size(0), hidden, qkv.device());  // [T, H]
  for (std::size_t b = 0; b < seen.size(); ++b) {
    const std::int64_t added = start[b + 1] - start[b];
    if (added == 0) continue;
    const at::Tensor query = qkv.narrow(0, start[b], added).narrow(1, 0, hidden);
    context.narrow(0, start[b], added)
        .copy_(dot_attention(query, seen[b].keys, seen[b].values, heads, scale,
                             causal_bias(added, seen[b].keys.size(0), qkv.device())));
  }
  return context;
}

}  // namespace gliner
