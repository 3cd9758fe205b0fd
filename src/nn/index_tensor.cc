#include "nn/index_tensor.h"

#include <ATen/ATen.h>

#include <algorithm>

namespace gliner {
namespace {

template <typename Integer>
at::Tensor upload(const std::vector<Integer>& values, at::ScalarType type, c10::Device device) {
  const auto options = at::TensorOptions().dtype(type).pinned_memory(device.is_cuda());
  at::Tensor host = at::empty({static_cast<std::int64_t>(values.size())}, options);
  std::copy(values.begin(), values.end(), host.data_ptr<Integer>());
  // LibTorch keeps pinned memory until the copy is done.
  return device.is_cpu() ? host : host.to(device, /*non_blocking=*/true);
}

}  // namespace

at::Tensor index_tensor(const std::vector<std::int64_t>& values, c10::Device device) {
  return upload(values, at::kLong, device);
}

at::Tensor index_tensor(const std::vector<std::int32_t>& values, c10::Device device) {
  return upload(values, at::kInt, device);
}

}  // namespace gliner
