#pragma once

#include <cstdint>
#include <memory>

namespace gliner {

/// One direction of one layer of long short-term memory with weights that never change, on a CPU in float32:
/// the weights are reordered once into the layout that oneDNN's lstm_forward asks for, both biases are added
/// up. The order of the gates is torch's (input, forget, cell, output), which is oneDNN's too.
///
/// Immutable after construction; `run` is thread-safe. oneDNN primitives depend on steps and rows and are
/// shared by all layers of one shape in a bounded process-wide cache.
class PackedLstm {
 public:
  /// input_weight: [4H, I], recurrent_weight: [4H, H], row-major; input_bias, recurrent_bias: [4H]. All
  /// copied.
  PackedLstm(std::int64_t input_size, std::int64_t hidden_size, const float* input_weight,
             const float* recurrent_weight, const float* input_bias, const float* recurrent_bias);
  PackedLstm(PackedLstm&&) noexcept;
  PackedLstm& operator=(PackedLstm&&) noexcept;
  ~PackedLstm();

  /// `steps` steps of `rows` sequences side by side. x: [steps, rows, I] -> y: [steps, rows, H]. state and
  /// cell, [rows, H], are read before the first step and written after the last one. All contiguous.
  void run(const float* x, std::int64_t steps, std::int64_t rows, float* state, float* cell, float* y) const;

  std::int64_t input_size() const;
  std::int64_t hidden_size() const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace gliner
