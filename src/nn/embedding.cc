#include "nn/embedding.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "base/check.h"
#include "nn/index_tensor.h"
#include "nn/module_path.h"
#include "nn/rows.h"
#include "nn/threads.h"

namespace gliner {
namespace {

// to[0..size) = or += row, converted.
template <typename Element>
void copy_row(const void* table, std::int64_t row, std::int64_t size, float* to, bool add) {
  const Element* from = static_cast<const Element*>(table) + row * size;
  if (add)
    for (std::int64_t c = 0; c < size; ++c) to[c] += static_cast<float>(from[c]);
  else
    for (std::int64_t c = 0; c < size; ++c) to[c] = static_cast<float>(from[c]);
}

void gather_rows(const at::Tensor& table, const std::vector<std::int32_t>& ids, float* to, bool add) {
  const std::int64_t rows = table.size(0);
  const std::int64_t size = table.size(1);
  const auto copy = table.scalar_type() == at::kHalf       ? copy_row<c10::Half>
                    : table.scalar_type() == at::kBFloat16 ? copy_row<c10::BFloat16>
                                                           : copy_row<float>;
  constexpr std::int64_t kGrain = 64;
  parallel_ranges(static_cast<std::int64_t>(ids.size()), kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t id = ids[static_cast<std::size_t>(i)];
      if (id < rows)
        copy(table.data_ptr(), id, size, to + i * size, add);
      else if (!add)
        std::fill_n(to + i * size, size, 0.0F);
    }
  });
}

}  // namespace

Embedding::Embedding(const WeightScope& w, std::int64_t rows, std::int64_t size, std::int64_t known_ids)
    : weight_(w.stored("weight", {rows, size}, "Embedding")), device_(w.device()) {
  register_weight_at(*this, "weight", weight_);
  ids_ = std::max(weight_.size(0), known_ids);
  if (device_.is_cpu()) return;
  // One copy on the device, with the rows that the file lacks.
  weight_ = at::constant_pad_nd(to_float32(weight_, device_), {0, 0, 0, ids_ - weight_.size(0)});
}

void Embedding::check(const std::vector<std::int32_t>& ids) const {
  for (const std::int32_t id : ids) GLINER_CHECK(id >= 0 && id < ids_);
}

at::Tensor Embedding::forward(const TokenIds& ids) const {
  if (!device_.is_cpu()) return weight_.index_select(0, device_ids(ids));
  check(ids.host);
  at::Tensor x = new_rows(static_cast<std::int64_t>(ids.host.size()), weight_.size(1), device_);  // [N, H]
  gather_rows(weight_, ids.host, x.data_ptr<float>(), /*add=*/false);
  return x;
}

at::Tensor Embedding::device_ids(const TokenIds& ids) const {
  check(ids.host);
  return ids.device.defined() ? ids.device : index_tensor(ids.host, device_);
}

void Embedding::add_to(at::Tensor& x, const TokenIds& ids) const {
  if (!device_.is_cpu()) {
    x += weight_.index_select(0, device_ids(ids));
    return;
  }
  check(ids.host);
  gather_rows(weight_, ids.host, x.data_ptr<float>(), /*add=*/true);
}

void Embedding::add_one_to(at::Tensor& x, std::int32_t id) const {
  if (device_.is_cpu()) return add_to(x, std::vector<std::int32_t>(static_cast<std::size_t>(x.size(0)), id));
  check({id});
  x += weight_.narrow(0, id, 1);
}

}  // namespace gliner
