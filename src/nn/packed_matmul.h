#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "config/encoder_config.h"
#include "gliner/options.h"

namespace gliner {

/// y = f(x W^T + b) with weights that never change, on a CPU: W is reordered once into the layout that
/// oneDNN's matmul asks for, bias and f are fused into the product. x and y are float32; in bfloat16 both
/// factors are rounded to it, products are summed in float32.
///
/// Where that layout is the one of PanelProduct (float32, AVX-512) this engine's kernel multiplies, which
/// asks for weights ahead of time; elsewhere oneDNN does, the oracle of the other.
///
/// kInt8 is not served here (QuantizedMatmul). Immutable after construction; `run` is thread-safe. oneDNN
/// primitives depend on the row count and are shared by all products of one shape in a bounded process-wide
/// cache.
class PackedMatmul {
 public:
  /// `weight` is [out, in], row-major; `bias` is [out] or null. Both are copied.
  PackedMatmul(std::int64_t in, std::int64_t out, const float* weight, const float* bias,
               std::optional<Activation> activation, ComputeDtype dtype = ComputeDtype::kFloat32);
  PackedMatmul(PackedMatmul&&) noexcept;
  PackedMatmul& operator=(PackedMatmul&&) noexcept;
  ~PackedMatmul();

  /// x: [rows, in] -> y: [rows, out], both contiguous, with room for row_capacity(rows) rows (nn/rows.h): all
  /// may be read, and written with finite numbers. With `accumulate` the result is added to what is in y;
  /// only without an activation, because oneDNN has no fast code for both on CPUs below AVX-512.
  void run(const float* x, std::int64_t rows, float* y, bool accumulate) const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace gliner
