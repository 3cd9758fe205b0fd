#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <utility>
#include <vector>

namespace gliner {

/// The token ids of a batch. Holds no copy: the ids must outlive it.
struct TokenIds {
  TokenIds(const std::vector<std::int32_t>& ids, at::Tensor sent = {}) : host(ids), device(std::move(sent)) {}

  const std::vector<std::int32_t>& host;
  at::Tensor device;  ///< The same, int32 on the model's device, where it is there already; else undefined.
};

}  // namespace gliner
