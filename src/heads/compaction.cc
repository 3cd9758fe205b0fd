#include "heads/compaction.h"

#include <ATen/ATen.h>

#include "base/check.h"

namespace gliner {

Compacted compact(const at::Tensor& mask, std::int64_t capacity) {
  const std::int64_t size = mask.size(0);
  GLINER_CHECK(mask.dim() == 1 && capacity > 0);
  const auto options = mask.options().dtype(at::kInt);
  if (size == 0) return {at::zeros({1}, options), at::zeros({capacity}, options)};
  const at::Tensor number = at::cumsum(mask, 0, at::kInt);  // [N], of the true ones from 1 on
  // One slot more than there is room for takes everything that is not wanted.
  const at::Tensor slot =
      at::where(mask, number.sub(1).clamp_max_(capacity), at::full({1}, capacity, options)).to(at::kLong);
  at::Tensor index = at::zeros({capacity + 1}, options);
  index.scatter_(0, slot, at::arange(size, options));
  return {number.narrow(0, size - 1, 1), index.narrow(0, 0, capacity)};
}

}  // namespace gliner
