#pragma once

#include <cstdint>
#include <memory>
#include <optional>

#include "config/encoder_config.h"

namespace gliner {

/// y = f(x W^T + b) in 8-bit integers on a CPU, for weights that never change. Each row of W is rounded to
/// 255 steps of its own size, each row of x, when it comes, to the 256 steps between its least and its
/// greatest value; sums are exact (int32). Per-channel weights and per-token dynamic activations, as in
/// Dettmers et al. 2022, "LLM.int8()", section 2, without its outlier part.
///
/// Immutable after construction; `run` is thread-safe.
class QuantizedMatmul {
 public:
  /// `weight` is [out, in], row-major; `bias` is [out] or null. Both are copied.
  QuantizedMatmul(std::int64_t in, std::int64_t out, const float* weight, const float* bias,
                  std::optional<Activation> activation);
  QuantizedMatmul(QuantizedMatmul&&) noexcept;
  QuantizedMatmul& operator=(QuantizedMatmul&&) noexcept;
  ~QuantizedMatmul();

  /// x: [rows, in] -> y: [rows, out], both contiguous. With `accumulate` the result is added to what is in y;
  /// only without an activation.
  void run(const float* x, std::int64_t rows, float* y, bool accumulate) const;

 private:
  struct Impl;
  std::unique_ptr<const Impl> impl_;
};

}  // namespace gliner
