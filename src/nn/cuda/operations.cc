#include "nn/cuda/operations.h"

#include <ATen/ATen.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>
#include <torch/version.h>

#include <algorithm>

#include "base/check.h"
#include "nn/cuda/kernels.h"

namespace gliner {
namespace {

cuda::Element element_of(const at::Tensor& x) {
  switch (x.scalar_type()) {
    case at::kHalf:
      return cuda::Element::kFloat16;
    case at::kBFloat16:
      return cuda::Element::kBfloat16;
    default:
      GLINER_CHECK(x.scalar_type() == at::kFloat);
      return cuda::Element::kFloat32;
  }
}

bool is_short(const at::Tensor& x) {
  return x.scalar_type() == at::kHalf || x.scalar_type() == at::kBFloat16;
}

void* stream_of(const at::Tensor& x) { return c10::cuda::getCurrentCUDAStream(x.device().index()).stream(); }

// Launches fail for reasons of the process (a card that is gone, a kernel for another one), never of a text.
void check_launch(const char* error) { TORCH_CHECK(error == nullptr, "CUDA kernel: ", error); }

// Pinned, and so without waiting for the card.
at::Tensor uploaded(const std::vector<std::int32_t>& numbers, c10::Device device) {
  const at::Tensor host =
      at::empty({static_cast<std::int64_t>(numbers.size())}, at::TensorOptions(at::kInt).pinned_memory(true));
  std::copy(numbers.begin(), numbers.end(), host.data_ptr<std::int32_t>());
  return host.to(device, /*non_blocking=*/true);
}

const float* float_data(const at::Tensor& x) { return x.defined() ? x.data_ptr<float>() : nullptr; }

// Tensor cores: 16-bit elements, heads they are compiled for, tables in groups where there are tables.
bool has_tensor_core_form(const at::Tensor& qkv, const AttentionOptions& options) {
  const auto head_size = static_cast<int>(qkv.size(1) / 3 / options.heads);
  const bool is_aligned = qkv.stride(0) % 8 == 0 && qkv.storage_offset() % 8 == 0;  // To 16 bytes.
  if (!is_short(qkv) || !cuda::has_tensor_core_attention(head_size) || !is_aligned) return false;
  if (!options.positions) return true;
  const at::Tensor& groups = options.positions->card().key_groups;
  return groups.defined() && groups.scalar_type() == qkv.scalar_type();
}

AttentionTiles tiles_of(const at::Tensor& qkv, const SequenceStart& start, const AttentionOptions& options) {
  AttentionTiles made;
  made.rows = has_tensor_core_form(qkv, options)
                  ? attention_tile_rows(qkv.size(1) / 3 / options.heads, qkv.scalar_type())
                  : cuda::kExactTileRows;
  made.tiles = uploaded(attention_tiles(start, made.rows), qkv.device());
  return made;
}

at::Tensor attend(const at::Tensor& qkv, const SequenceStart& start, const AttentionOptions& options) {
  const std::int64_t hidden = qkv.size(1) / 3;
  at::Tensor out = at::empty({qkv.size(0), hidden}, qkv.options());  // [T, H]
  const bool tensor_cores = has_tensor_core_form(qkv, options);
  AttentionTiles own;
  const AttentionTiles* tiles = options.tiles;
  if (!tiles || !tiles->tiles.defined()) {
    GLINER_CHECK(!start.empty() && start.back() == qkv.size(0));
    own = tiles_of(qkv, start, options);
    tiles = &own;
  }
  GLINER_CHECK(tiles->tiles.is_contiguous() && tiles->tiles.scalar_type() == at::kInt);

  cuda::AttentionCall call;
  call.qkv = qkv.data_ptr();
  call.qkv_stride = qkv.stride(0);
  call.out = out.data_ptr();
  call.tiles = reinterpret_cast<const cuda::QueryTile*>(tiles->tiles.data_ptr<std::int32_t>());
  call.tile_count = static_cast<int>(tiles->tiles.numel() / 4);
  call.heads = static_cast<int>(options.heads);
  call.head_size = static_cast<int>(hidden / options.heads);
  call.scale = static_cast<float>(options.scale);
  call.window = static_cast<int>(std::clamp<std::int64_t>(options.window, -1, 1 << 30));
  if (options.positions) {
    const CardTables& card = options.positions->card();
    call.saturation = static_cast<int>(card.saturation);
    if (tensor_cores) {
      call.key_table = card.key_groups.data_ptr();
      call.query_table = card.query_groups.data_ptr();
    } else {
      call.key_table = float_data(options.positions->key());
      call.query_table = float_data(options.positions->query());
      call.columns = card.columns.data_ptr<std::int32_t>();
    }
  }
  if (tensor_cores) {
    GLINER_CHECK(tiles->rows == 4 * cuda::kTileRowsPerWarp || tiles->rows == 8 * cuda::kTileRowsPerWarp);
    check_launch(cuda::tensor_core_attention(
        call, element_of(qkv), static_cast<int>(tiles->rows / cuda::kTileRowsPerWarp), stream_of(qkv)));
  } else {
    GLINER_CHECK(tiles->rows == cuda::kExactTileRows);
    check_launch(cuda::exact_attention(call, element_of(qkv), stream_of(qkv)));
  }
  return out;
}

#if TORCH_VERSION_MAJOR > 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR >= 6)
#define GLINER_FLASH_ATTENTION
AttentionTiles begins_of(const SequenceStart& start, c10::Device device) {
  AttentionTiles made;
  std::vector<std::int32_t> begins;
  for (std::size_t b = 0; b < start.size(); ++b) {
    begins.push_back(static_cast<std::int32_t>(start[b]));
    if (b > 0) made.longest = std::max(made.longest, start[b] - start[b - 1]);
  }
  made.begins = uploaded(begins, device);
  return made;
}

// LibTorch's flash attention over packed sequences (Dao 2023).
at::Tensor flash_attention(const at::Tensor& qkv, const SequenceStart& start,
                           const AttentionOptions& options) {
  const std::int64_t hidden = qkv.size(1) / 3;
  const std::int64_t size = hidden / options.heads;
  const AttentionTiles given = options.tiles ? *options.tiles : begins_of(start, qkv.device());
  const auto part = [&](std::int64_t p) {  // [T, heads, D]
    return qkv.narrow(1, p * hidden, hidden).unflatten(1, {options.heads, size});
  };
  const std::optional<std::int64_t> window(std::max<std::int64_t>(options.window, -1));  // -1: all.
  const at::Tensor out = std::get<0>(
      at::_flash_attention_forward(part(0), part(1), part(2), given.begins, given.begins, given.longest,
                                   given.longest, /*dropout_p=*/0.0, /*is_causal=*/false,
                                   /*return_debug_mask=*/false, options.scale, window, window));
  return out.reshape({qkv.size(0), hidden});
}
#endif

bool has_flash_attention(const at::Tensor& qkv, const AttentionOptions& options) {
#ifdef GLINER_FLASH_ATTENTION
  // With tiles given, the batch may be a captured graph's, and flash attention does not take tiles.
  const bool has_begins = !options.tiles || options.tiles->begins.defined();
  return !options.positions && has_begins && is_short(qkv) && qkv.size(0) > 0 && qkv.stride(0) % 8 == 0 &&
         qkv.size(1) / 3 / options.heads % 8 == 0;
#else
  static_cast<void>(qkv);
  static_cast<void>(options);
  return false;
#endif
}

}  // namespace

bool has_cuda_attention(const at::Tensor& qkv, const AttentionOptions& options) {
  const std::int64_t head_size = qkv.size(1) / 3 / options.heads;
  const bool known = is_short(qkv) || qkv.scalar_type() == at::kFloat;
  if (!qkv.is_cuda() || !known || qkv.stride(1) != 1 || options.visible) return false;
  if (options.positions && options.positions->card().saturation == 0) return false;
  return head_size <= cuda::kMostExactHead || has_tensor_core_form(qkv, options);
}

at::Tensor cuda_attention(const at::Tensor& qkv, const SequenceStart& start,
                          const AttentionOptions& options) {
  const c10::cuda::CUDAGuard on(qkv.device());
#ifdef GLINER_FLASH_ATTENTION
  if (has_flash_attention(qkv, options)) return flash_attention(qkv, start, options);
#endif
  return attend(qkv, start, options);
}

AttentionTiles cuda_attention_tiles(const at::Tensor& qkv, const SequenceStart& start,
                                    const AttentionOptions& options) {
  if (!has_cuda_attention(qkv, options)) return {};
#ifdef GLINER_FLASH_ATTENTION
  if (has_flash_attention(qkv, options)) return begins_of(start, qkv.device());
#endif
  return tiles_of(qkv, start, options);
}

bool has_cuda_add_norm(const at::Tensor& x) {
  return x.is_cuda() && x.is_contiguous() && x.size(1) % 8 == 0 && x.size(1) <= cuda::kMostNormColumns &&
         (is_short(x) || x.scalar_type() == at::kFloat);
}

namespace {

// The two results of x's type, and the call that writes them.
NormedRows prepare_norm(cuda::AddNormCall& call, const at::Tensor& full, c10::ScalarType element,
                        const at::Tensor& weight, const at::Tensor& bias, double eps) {
  NormedRows rows;
  rows.full = full;
  rows.low = element == at::kFloat ? full : at::empty(full.sizes(), full.options().dtype(element));
  call.weight = float_data(weight);
  call.bias = float_data(bias);
  call.eps = static_cast<float>(eps);
  call.rows = static_cast<int>(full.size(0));
  call.columns = static_cast<int>(full.size(1));
  call.y = full.data_ptr<float>();
  if (element != at::kFloat) call.y_short = rows.low.data_ptr();
  return rows;
}

}  // namespace

NormedRows cuda_add_norm(const at::Tensor& x, const at::Tensor& residual, const at::Tensor& weight,
                         const at::Tensor& bias, double eps) {
  GLINER_CHECK(has_cuda_add_norm(x) && (!residual.defined() || residual.sizes() == x.sizes()));
  const c10::cuda::CUDAGuard on(x.device());
  const at::Tensor sum = residual.defined() ? residual.contiguous() : at::Tensor();
  cuda::AddNormCall call;
  const NormedRows rows =
      prepare_norm(call, sum.defined() ? sum : at::empty(x.sizes(), x.options().dtype(at::kFloat)),
                   x.scalar_type(), weight, bias, eps);
  call.x = x.data_ptr();
  call.residual = float_data(sum);
  check_launch(cuda::add_layer_norm(call, element_of(x), stream_of(x)));
  return rows;
}

NormedRows cuda_embed_norm(const at::Tensor& table, const at::Tensor& ids, const at::Tensor& weight,
                           const at::Tensor& bias, double eps, c10::ScalarType element) {
  GLINER_CHECK(table.is_contiguous() && ids.is_contiguous() && ids.scalar_type() == at::kInt);
  const c10::cuda::CUDAGuard on(table.device());
  cuda::EmbedNormCall call;
  const NormedRows rows = prepare_norm(call.norm, at::empty({ids.numel(), table.size(1)}, table.options()),
                                       element, weight, bias, eps);
  call.table = table.data_ptr<float>();
  call.ids = ids.data_ptr<std::int32_t>();
  check_launch(cuda::embed_layer_norm(call, element_of(rows.low), stream_of(table)));
  return rows;
}

void cuda_bias_gelu(at::Tensor& x, const at::Tensor& bias) {
  GLINER_CHECK(x.is_contiguous() && (!bias.defined() || bias.scalar_type() == x.scalar_type()));
  const c10::cuda::CUDAGuard on(x.device());
  check_launch(cuda::bias_gelu(x.data_ptr(), bias.defined() ? bias.data_ptr() : nullptr, x.size(0),
                               static_cast<int>(x.size(1)), element_of(x), stream_of(x)));
}

}  // namespace gliner
