#include "nn/causal_attention.h"

#include <ATen/ATen.h>

#include "base/check.h"
#include "nn/cpu/kernels.h"
#include "nn/dot_attention.h"
#include "nn/rows.h"
#include "nn/threads.h"

namespace gliner {
namespace {

std::int64_t heads_of_group(std::int64_t heads, std::int64_t head_size, const at::Tensor& keys) {
  const std::int64_t groups = keys.size(1) / head_size;
  GLINER_CHECK(groups > 0 && heads % groups == 0 && keys.size(1) == groups * head_size);
  return heads / groups;
}

}  // namespace

std::vector<KvCache::Rows> append_all(const std::vector<KvCache*>& caches, std::size_t layer,
                                      const at::Tensor& keys, const at::Tensor& values,
                                      const SequenceStart& start) {
  std::vector<KvCache::Rows> seen;
  for (std::size_t b = 0; b + 1 < start.size(); ++b) {
    const std::int64_t length = start[b + 1] - start[b];
    seen.push_back({keys.narrow(0, start[b], length), values.narrow(0, start[b], length)});  // [L, H]
    if (!caches.empty()) seen.back() = caches[b]->append(layer, seen.back().keys, seen.back().values);
  }
  return seen;
}

at::Tensor causal_attention(const at::Tensor& query, const SequenceStart& start,
                            const std::vector<KvCache::Rows>& seen, std::int64_t heads, double scale) {
  if (!query.device().is_cpu()) return plain_causal_attention(query, start, seen, heads, scale);
  const std::int64_t hidden = query.size(1);
  const std::int64_t head_size = hidden / heads;
  GLINER_CHECK(start.size() == seen.size() + 1 && start.back() == query.size(0) && query.stride(1) == 1);
  at::Tensor context = new_rows(query.size(0), hidden, query.device());  // [T, heads * D]
  const std::vector<std::size_t> order = longest_first(start);
  const float* const queries = query.data_ptr<float>();
  float* const result = context.data_ptr<float>();
  parallel_tasks(static_cast<std::int64_t>(order.size()) * heads, [&](std::int64_t task) {
    const std::size_t b = order[static_cast<std::size_t>(task / heads)];
    const std::int64_t added = start[b + 1] - start[b];
    if (added == 0) return;
    const std::int64_t head = task % heads;
    const at::Tensor& keys = seen[b].keys;
    const std::int64_t key_column = head / heads_of_group(heads, head_size, keys) * head_size;
    thread_local AlignedBuffer scratch;
    AttentionHead h;
    h.length = keys.size(0);
    h.first_query = h.length - added;
    h.head_size = head_size;
    h.stride = query.stride(0);
    h.key_stride = keys.stride(0);
    h.query = queries + start[b] * h.stride + head * head_size;
    h.key = keys.data_ptr<float>() + key_column;
    h.value = seen[b].values.data_ptr<float>() + key_column;
    h.scale = static_cast<float>(scale);
    h.causal = true;
    h.out = result + start[b] * hidden + head * head_size;
    h.out_stride = hidden;
    h.scratch = scratch.floats(attention_scratch_floats(h.length, head_size));
    cpu_kernels().attention_head(h);
  });
  return context;
}

at::Tensor plain_causal_attention(const at::Tensor& query, const SequenceStart& start,
                                  const std::vector<KvCache::Rows>& seen, std::int64_t heads, double scale) {
  at::Tensor context = new_rows(query.size(0), query.size(1), query.device());  // [T, heads * D]
  const std::int64_t head_size = query.size(1) / heads;
  for (std::size_t b = 0; b < seen.size(); ++b) {
    const std::int64_t added = start[b + 1] - start[b];
    if (added == 0) continue;
    const std::int64_t group = heads_of_group(heads, head_size, seen[b].keys);
    const auto of_each_head = [&](const at::Tensor& x) {  // [S, groups * D] -> [S, heads * D]
      return x.unflatten(1, {-1, head_size}).repeat_interleave(group, 1).flatten(1);
    };
    context.narrow(0, start[b], added)
        .copy_(dot_attention(query.narrow(0, start[b], added), of_each_head(seen[b].keys),
                             of_each_head(seen[b].values), heads, scale,
                             causal_bias(added, seen[b].keys.size(0), query.device())));
  }
  return context;
}

}  // namespace gliner
