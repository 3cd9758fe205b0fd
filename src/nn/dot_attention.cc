#include "nn/dot_attention.h"

#include <ATen/ATen.h>

#include <limits>

#include "base/check.h"

namespace gliner {

at::Tensor dot_attention(const at::Tensor& query, const at::Tensor& key, const at::Tensor& value,
                         std::int64_t heads, double scale, const at::Tensor& bias) {
  const std::int64_t hidden = query.size(1);
  GLINER_CHECK(hidden % heads == 0 && key.sizes() == value.sizes() && key.size(1) == hidden);
  if (key.size(0) == 0) return at::zeros_like(query);
  const auto by_head = [&](const at::Tensor& x) {  // [N, heads * D] -> [heads, N, D]
    return x.to(at::kFloat).reshape({x.size(0), heads, hidden / heads}).transpose(0, 1);
  };
  at::Tensor scores = at::matmul(by_head(query), by_head(key).transpose(1, 2)) * scale;  // [heads, L, S]
  if (bias.defined()) scores += bias;
  const at::Tensor context = at::matmul(at::softmax(scores, -1), by_head(value));  // [heads, L, D]
  return context.transpose(0, 1).reshape({query.size(0), hidden}).to(query.scalar_type());
}

at::Tensor causal_bias(std::int64_t queries, std::int64_t keys, c10::Device device) {
  GLINER_CHECK(queries <= keys);
  const at::Tensor hidden = at::full({queries, keys}, -std::numeric_limits<float>::infinity(),
                                     at::TensorOptions().dtype(at::kFloat).device(device));
  return at::triu(hidden, keys - queries + 1);
}

}  // namespace gliner
