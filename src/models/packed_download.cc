#include "models/packed_download.h"

#include <ATen/ATen.h>

#include <cstring>

#include "base/check.h"
#include "models/device.h"

namespace gliner {

PackedDownload::Handle PackedDownload::add(const at::Tensor& values) {
  GLINER_CHECK(!fetched_.defined() &&
               (values.scalar_type() == at::kInt || values.scalar_type() == at::kFloat));
  values_.push_back(values.contiguous().view({-1}).view(at::kInt));
  parts_.push_back({size_, values.numel()});
  size_ += values.numel();
  return parts_.size() - 1;
}

void PackedDownload::fetch(c10::Device device) {
  GLINER_CHECK(!values_.empty());
  const at::Tensor all = at::cat(values_);
  values_.clear();
  fetched_ = all;
  if (device.is_cpu()) return;
  fetched_ = at::empty(all.sizes(), at::TensorOptions().dtype(at::kInt).pinned_memory(true));
  fetched_.copy_(all, /*non_blocking=*/true);
  synchronize(device);
}

std::vector<std::int32_t> PackedDownload::integers(Handle handle) const {
  const Part& part = parts_.at(handle);
  const std::int32_t* const begin = fetched_.data_ptr<std::int32_t>() + part.begin;
  return {begin, begin + part.size};
}

std::vector<float> PackedDownload::floats(Handle handle) const {
  const Part& part = parts_.at(handle);
  std::vector<float> values(static_cast<std::size_t>(part.size));
  if (!values.empty())
    std::memcpy(values.data(), fetched_.data_ptr<std::int32_t>() + part.begin, values.size() * sizeof(float));
  return values;
}

}  // namespace gliner
