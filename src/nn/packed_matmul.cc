#include "nn/packed_matmul.h"

#include <c10/util/BFloat16.h>

#include <cstddef>
#include <vector>

#include "base/check.h"
#include "nn/aligned_buffer.h"
#include "nn/onednn_product.h"
#include "nn/panel_matmul.h"
#include "nn/rows.h"
#include "nn/threads.h"

namespace gliner {
namespace {

void round_to_bfloat16(const float* x, std::int64_t count, c10::BFloat16* y) {
  constexpr std::int64_t kGrain = 1 << 14;
  parallel_ranges(count, kGrain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) y[i] = c10::BFloat16(x[i]);
  });
}

}  // namespace

struct PackedMatmul::Impl {
  ProductKey key;  // Of no row count yet.
  dnnl::memory weight;
  std::vector<float> bias;        // Empty: none.
  const float* panels = nullptr;  // `weight` for PanelProduct; null: oneDNN's only.
};

namespace {

RowActivation row_activation(int activation) {
  if (activation < 0) return RowActivation::kNone;
  switch (static_cast<Activation>(activation)) {
    case Activation::kGelu:
      return RowActivation::kGelu;
    case Activation::kGeluTanh:
      return RowActivation::kGeluTanh;
    case Activation::kRelu:
      return RowActivation::kRelu;
    case Activation::kSilu:
      return RowActivation::kSilu;
    case Activation::kTanh:
      return RowActivation::kTanh;
  }
  return RowActivation::kNone;
}

}  // namespace

PackedMatmul::PackedMatmul(std::int64_t in, std::int64_t out, const float* weight, const float* bias,
                           std::optional<Activation> activation, ComputeDtype dtype) {
  GLINER_CHECK(in > 0 && out > 0 && weight != nullptr && dtype != ComputeDtype::kInt8);
  auto impl = std::make_unique<Impl>();
  impl->key = {0, in, out, bias != nullptr, false, activation ? static_cast<int>(*activation) : -1, 0, dtype};
  if (bias) impl->bias.assign(bias, bias + out);
  ProductKey layout = impl->key;
  layout.activation = -1;
  impl->weight = pack_weight(layout, weight, dnnl::memory::data_type::f32);
  if (dtype == ComputeDtype::kFloat32) impl->panels = weight_panels(impl->weight);
  impl_ = std::move(impl);
}

PackedMatmul::PackedMatmul(PackedMatmul&&) noexcept = default;
PackedMatmul& PackedMatmul::operator=(PackedMatmul&&) noexcept = default;
PackedMatmul::~PackedMatmul() = default;

void PackedMatmul::run(const float* x, std::int64_t rows, float* y, bool accumulate) const {
  GLINER_CHECK(!accumulate || impl_->key.activation < 0);
  if (rows == 0) return;
  ProductKey key = impl_->key;
  key.accumulate = accumulate;
  key.threads = intra_op_threads();
  if (impl_->panels) {
    const std::int64_t panels = key.out / kWeightPanel;
    if (const auto grid = panel_grid(rows, panels, key.threads)) {
      PanelProduct product;
      product.x = x;
      product.x_stride = product.depth = key.in;
      product.rows = rows;
      product.weight = impl_->panels;
      product.panels = panels;
      product.bias = impl_->bias.empty() ? nullptr : impl_->bias.data();
      product.activation = row_activation(key.activation);
      product.accumulate = accumulate;
      product.y = y;
      product.y_stride = key.out;
      return run_panel_product(product, *grid);
    }
  }
  key.rows = row_capacity(rows);
  const void* factor = x;
  thread_local AlignedBuffer buffer;
  if (key.dtype == ComputeDtype::kBfloat16) {
    auto* rounded = static_cast<c10::BFloat16*>(
        buffer.bytes(static_cast<std::size_t>(key.rows * key.in) * sizeof(c10::BFloat16)));
    round_to_bfloat16(x, key.rows * key.in, rounded);
    factor = rounded;
  }
  const std::shared_ptr<const Product> product = product_for(key, impl_->weight.get_desc());
  run_product(*product, factor, impl_->weight, impl_->bias.empty() ? nullptr : impl_->bias.data(), y);
}

}  // namespace gliner
