#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <vector>

namespace gliner {

/// Integers for the index operations of `device`: a copy of `values`, [N]. To a card it goes pinned and
/// asynchronously on the current stream, so that nobody waits for it.
at::Tensor index_tensor(const std::vector<std::int64_t>& values, c10::Device device);
at::Tensor index_tensor(const std::vector<std::int32_t>& values, c10::Device device);

}  // namespace gliner
