#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "nn/attention.h"

namespace gliner {

/// The angle by which dimension c is turned from one position to the next, theta^(-2 c / D): [D / 2] float32.
at::Tensor rotary_frequencies(double theta, std::int64_t head_size);

/// Rotary position embedding (Su et al. 2021) in the half-split form of transformers (rotate_half): dimension
/// c is turned together with c + D / 2.
class RotaryTable {
 public:
  /// Angles of positions 0 .. length - 1 for heads of `head_size` (even).
  RotaryTable(double theta, std::int64_t head_size, std::int64_t length, c10::Device device);

  /// Turns query and key in place. qkv: [T, 3H], contiguous; positions count from each sequence's start.
  void turn(at::Tensor& qkv, const SequenceStart& start, std::int64_t heads) const;

  /// The same in plain tensor operations: what other devices than CPUs do, and the oracle of the CPU's loop.
  void turn_plainly(at::Tensor& qkv, const SequenceStart& start, std::int64_t heads) const;

 private:
  at::Tensor cosine_, sine_;  // [length, D / 2]
};

/// The same for rows whose positions are known on the device alone.
class RowRotary {
 public:
  /// frequencies: rotary_frequencies; positions: [T], any integer type; on one device.
  RowRotary(const at::Tensor& frequencies, const at::Tensor& positions);

  /// Turns the first `blocks` blocks of D columns, queries and keys of heads, in place. x: [T, >= blocks *
  /// D], contiguous.
  void turn(at::Tensor& x, std::int64_t blocks) const;

  /// The same in plain tensor operations: what other devices than CPUs do, and the oracle of the CPU's loop.
  void turn_plainly(at::Tensor& x, std::int64_t blocks) const;

 private:
  at::Tensor cosine_, sine_;  // [T, D / 2]
};

}  // namespace gliner
