#include "nn/rows.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "nn/index_tensor.h"

namespace gliner {
namespace {

std::int64_t round_up(std::int64_t n, std::int64_t step) { return (n + step - 1) / step * step; }

}  // namespace

std::int64_t row_capacity(std::int64_t rows) {
  if (rows <= 128) return round_up(rows, 4);
  if (rows <= 512) return round_up(rows, 16);
  return round_up(rows, 64);
}

at::Tensor new_rows(std::int64_t rows, std::int64_t columns, c10::Device device) {
  const auto options = at::TensorOptions().dtype(at::kFloat).device(device);
  if (!device.is_cpu()) return at::empty({rows, columns}, options);
  const std::int64_t capacity = row_capacity(rows);
  at::Tensor all = at::empty({capacity, columns}, options);
  std::fill_n(all.data_ptr<float>() + rows * columns, (capacity - rows) * columns, 0.0F);
  return all.narrow(0, 0, rows);
}

bool has_readable_capacity(const at::Tensor& x) {
  if (!x.device().is_cpu() || x.scalar_type() != at::kFloat || !x.is_contiguous()) return false;
  const auto needed = static_cast<std::size_t>(x.storage_offset() + row_capacity(x.size(0)) * x.size(1));
  return x.storage().nbytes() >= needed * sizeof(float);
}

bool has_writable_capacity(const at::Tensor& x) {
  const auto whole = static_cast<std::size_t>(row_capacity(x.size(0)) * x.size(1)) * sizeof(float);
  return has_readable_capacity(x) && x.storage_offset() == 0 && x.storage().nbytes() == whole;
}

at::Tensor with_readable_capacity(const at::Tensor& x) {
  return has_readable_capacity(x) ? x : new_rows(x.size(0), x.size(1), x.device()).copy_(x);
}

at::Tensor with_writable_capacity(const at::Tensor& x) {
  return has_writable_capacity(x) ? x : new_rows(x.size(0), x.size(1), x.device()).copy_(x);
}

at::Tensor take_rows(const at::Tensor& x, const std::vector<std::int64_t>& index) {
  if (!x.device().is_cpu()) return x.index_select(0, index_tensor(index, x.device()));
  at::Tensor rows = new_rows(static_cast<std::int64_t>(index.size()), x.size(1), x.device());
  return at::index_select_out(rows, x, 0, index_tensor(index, x.device()));
}

at::Tensor put_rows(const at::Tensor& rows, const std::vector<std::int64_t>& index, std::int64_t count) {
  return new_rows(count, rows.size(1), rows.device())
      .zero_()
      .index_copy_(0, index_tensor(index, rows.device()), rows);
}

}  // namespace gliner
