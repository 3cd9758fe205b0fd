#include "nn/rms_norm.h"

#include <ATen/ATen.h>

#include "nn/module_path.h"

namespace gliner {

RmsNorm::RmsNorm(const WeightScope& w, std::int64_t size, double eps)
    : weight_(w.float32("weight", {size}, "RmsNorm")), eps_(eps) {
  register_weight_at(*this, "weight", weight_);
}

at::Tensor RmsNorm::forward(const at::Tensor& x) const {
  return x * at::rsqrt(x.square().mean(-1, /*keepdim=*/true) + eps_) * weight_;
}

}  // namespace gliner
