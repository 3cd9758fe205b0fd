#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace gliner {

/// The true elements of a mask in a buffer of fixed size, so that nobody has to wait for their number.
struct Compacted {
  at::Tensor total;  ///< [1] int32: how many there are; more than the buffer holds: those behind are missing.
  at::Tensor index;  ///< [capacity] int32: the first of them, in their order; what is left over is zero.
};

/// mask: [N] bool, N < 2^31; capacity > 0. Without a synchronisation, unlike at::nonzero.
Compacted compact(const at::Tensor& mask, std::int64_t capacity);

/// Survivors that a batch of so many words has room for at first: far more than texts have spans.
constexpr std::int64_t first_capacity(std::int64_t words) { return 1024 + 2 * words; }

}  // namespace gliner
