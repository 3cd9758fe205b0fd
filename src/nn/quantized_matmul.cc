#include "nn/quantized_matmul.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/check.h"
#include "nn/aligned_buffer.h"
#include "nn/cpu/kernels.h"
#include "nn/linear.h"
#include "nn/onednn_product.h"
#include "nn/threads.h"

namespace gliner {
namespace {

// Rows done together, so that their sums are still in the cache when they are scaled.
constexpr std::int64_t kBlockRows = 256;

// What the scaling loop applies itself; nothing for the activations that follow it.
RowActivation fused_activation(std::optional<Activation> activation) {
  if (activation == Activation::kGelu) return RowActivation::kGelu;
  return activation == Activation::kRelu ? RowActivation::kRelu : RowActivation::kNone;
}

}  // namespace

struct QuantizedMatmul::Impl {
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::optional<Activation> activation;
  dnnl::memory weight;
  std::vector<float> scale;   // [out], of a step of the weights
  std::vector<float> offset;  // [out], scale times the sum of the channel's weights in steps
  std::vector<float> bias;    // [out]; zeros if there is none

  ProductKey key(std::int64_t rows) const {
    return {rows, in, out, false, false, -1, intra_op_threads(), ComputeDtype::kInt8};
  }
};

QuantizedMatmul::QuantizedMatmul(std::int64_t in, std::int64_t out, const float* weight, const float* bias,
                                 std::optional<Activation> activation) {
  GLINER_CHECK(in > 0 && out > 0 && weight != nullptr);
  auto impl = std::make_unique<Impl>();
  impl->in = in;
  impl->out = out;
  impl->activation = activation;
  impl->scale.resize(static_cast<std::size_t>(out));
  impl->offset.resize(static_cast<std::size_t>(out));
  impl->bias.resize(static_cast<std::size_t>(out));
  if (bias) impl->bias.assign(bias, bias + out);
  std::vector<std::int8_t> steps(static_cast<std::size_t>(in * out));
  for (std::int64_t o = 0; o < out; ++o) {
    const float* row = weight + o * in;
    float largest = 0;
    for (std::int64_t i = 0; i < in; ++i) largest = std::max(largest, std::abs(row[i]));
    constexpr float kSteps = 127;
    const float scale = largest > 0 ? largest / kSteps : 1.0F;
    std::int64_t sum = 0;
    for (std::int64_t i = 0; i < in; ++i) {
      const auto step = static_cast<std::int8_t>(std::lrint(row[i] / scale));
      steps[static_cast<std::size_t>(o * in + i)] = step;
      sum += step;
    }
    impl->scale[static_cast<std::size_t>(o)] = scale;
    impl->offset[static_cast<std::size_t>(o)] = scale * static_cast<float>(sum);
  }
  impl->weight = pack_weight(impl->key(0), steps.data(), dnnl::memory::data_type::s8);
  impl_ = std::move(impl);
}

QuantizedMatmul::QuantizedMatmul(QuantizedMatmul&&) noexcept = default;
QuantizedMatmul& QuantizedMatmul::operator=(QuantizedMatmul&&) noexcept = default;
QuantizedMatmul::~QuantizedMatmul() = default;

void QuantizedMatmul::run(const float* x, std::int64_t rows, float* y, bool accumulate) const {
  const Impl& m = *impl_;
  GLINER_CHECK(!accumulate || !m.activation);
  thread_local AlignedBuffer step_buffer, sum_buffer, scale_buffer;
  const std::int64_t block = std::min(rows, kBlockRows);
  auto* steps = static_cast<std::uint8_t*>(step_buffer.bytes(static_cast<std::size_t>(block * m.in)));
  auto* sums = static_cast<std::int32_t*>(
      sum_buffer.bytes(static_cast<std::size_t>(block * m.out) * sizeof(std::int32_t)));
  float* scales = scale_buffer.floats(2 * block);  // Per row: step, least value.

  ScaledRows all;
  all.columns = m.out;
  all.column_scale = m.scale.data();
  all.column_offset = m.offset.data();
  all.bias = m.bias.data();
  all.accumulate = accumulate;
  all.activation = fused_activation(m.activation);
  constexpr std::int64_t kGrain = 4;  // Rows below which another thread costs more than it brings.
  for (std::int64_t first = 0; first < rows; first += block) {
    const std::int64_t count = std::min(block, rows - first);
    parallel_ranges(count, kGrain, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t r = begin; r < end; ++r)
        cpu_kernels().quantize_row(x + (first + r) * m.in, m.in, steps + r * m.in, scales + 2 * r);
    });
    const std::shared_ptr<const Product> product = product_for(m.key(count), m.weight.get_desc());
    run_product(*product, steps, m.weight, nullptr, sums);
    parallel_ranges(count, kGrain, [&](std::int64_t begin, std::int64_t end) {
      ScaledRows part = all;
      part.rows = end - begin;
      part.sums = sums + begin * m.out;
      part.row_scale = scales + 2 * begin;
      part.y = y + (first + begin) * m.out;
      cpu_kernels().scale_rows(part);
    });
  }
  if (!m.activation || all.activation != RowActivation::kNone) return;
  at::Tensor result = at::from_blob(y, {rows, m.out}, at::kFloat);
  result.copy_(activate(result, *m.activation));
}

}  // namespace gliner
