#include "nn/layer_norm.h"

#include <ATen/ATen.h>

#include "base/check.h"
#include "nn/cpu/kernels.h"
#include "nn/cuda/operations.h"
#include "nn/module_path.h"
#include "nn/rows.h"
#include "nn/threads.h"

namespace gliner {

LayerNorm::LayerNorm(const WeightScope& w, std::int64_t size, double eps, bool with_bias) : eps_(eps) {
  weight_ = w.float32("weight", {size}, "LayerNorm");
  register_weight_at(*this, "weight", weight_);
  if (!with_bias) return;
  bias_ = w.float32("bias", {size}, "LayerNorm");
  register_weight_at(*this, "bias", bias_);
}

at::Tensor LayerNorm::forward(const at::Tensor& x, at::Tensor reuse) const {
  GLINER_CHECK(x.dim() == 2 && x.size(1) == weight_.size(0));
  if (!x.device().is_cpu()) return plain_layer_norm(x, weight_, bias_, eps_);
  const at::Tensor from = x.contiguous();
  const bool fits = reuse.defined() && reuse.sizes() == x.sizes() && has_writable_capacity(reuse);
  at::Tensor y = fits ? reuse : new_rows(x.size(0), x.size(1), x.device());  // [N, H]
  LayerNormRows all;
  all.x = from.data_ptr<float>();
  all.weight = weight_.data_ptr<float>();
  all.bias = bias_.defined() ? bias_.data_ptr<float>() : nullptr;
  all.eps = static_cast<float>(eps_);
  all.columns = x.size(1);
  all.y = y.data_ptr<float>();
  constexpr std::int64_t kGrain = 16;  // Rows below which another thread costs more than it brings.
  parallel_ranges(x.size(0), kGrain, [&](std::int64_t begin, std::int64_t end) {
    LayerNormRows part = all;
    part.x += begin * all.columns;
    part.y += begin * all.columns;
    part.rows = end - begin;
    cpu_kernels().layer_norm(part);
  });
  return y;
}

LayerNorm::Sum LayerNorm::forward_sum(const at::Tensor& x, const at::Tensor& residual) const {
  GLINER_CHECK(x.dim() == 2 && x.size(1) == weight_.size(0) && residual.sizes() == x.sizes());
  if constexpr (cuda_kernels())
    if (has_cuda_add_norm(x)) {
      const NormedRows rows = cuda_add_norm(x, residual, weight_, bias_, eps_);
      return {rows.full, rows.low};
    }
  const at::Tensor full = plain_layer_norm(residual + x, weight_, bias_, eps_);
  return {full, full.to(x.scalar_type())};
}

LayerNorm::Sum LayerNorm::forward_lookup(const at::Tensor& table, const at::Tensor& ids,
                                         c10::ScalarType element) const {
  GLINER_CHECK(table.dim() == 2 && table.size(1) == weight_.size(0));
  if constexpr (cuda_kernels())
    if (has_cuda_add_norm(table)) {
      const NormedRows rows = cuda_embed_norm(table, ids, weight_, bias_, eps_, element);
      return {rows.full, rows.low};
    }
  const at::Tensor full = plain_layer_norm(table.index_select(0, ids), weight_, bias_, eps_);
  return {full, full.to(element)};
}

at::Tensor plain_layer_norm(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                            double eps) {
  return at::layer_norm(x, {x.size(-1)}, weight, bias, eps);
}

}  // namespace gliner
