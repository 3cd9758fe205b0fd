#include "nn/onednn_product.h"

#include <cstddef>
#include <tuple>
#include <unordered_map>

#include "base/check.h"
#include "config/encoder_config.h"
#include "nn/aligned_buffer.h"
#include "nn/cpu/kernels.h"
#include "nn/primitive_cache.h"
#include "nn/threads.h"

namespace gliner {
namespace {

using dnnl::memory;

struct KeyOrder {
  bool operator()(const ProductKey& a, const ProductKey& b) const {
    const auto fields = [](const ProductKey& k) {
      return std::tie(k.rows, k.in, k.out, k.has_bias, k.accumulate, k.activation, k.threads, k.dtype);
    };
    return fields(a) < fields(b);
  }
};

void append_activation(dnnl::post_ops& ops, Activation activation) {
  const auto append = [&ops](dnnl::algorithm algorithm, float alpha) {
#if DNNL_VERSION_MAJOR >= 3
    ops.append_eltwise(algorithm, alpha, 0.0F);
#else
    ops.append_eltwise(1.0F, algorithm, alpha, 0.0F);
#endif
  };
  switch (activation) {
    case Activation::kGelu:
      return append(dnnl::algorithm::eltwise_gelu_erf, 0.0F);
    case Activation::kGeluTanh:
      return append(dnnl::algorithm::eltwise_gelu_tanh, 0.0F);
    case Activation::kRelu:
      return append(dnnl::algorithm::eltwise_relu, 0.0F);
    case Activation::kSilu:
      return append(dnnl::algorithm::eltwise_swish, 1.0F);
    case Activation::kTanh:
      return append(dnnl::algorithm::eltwise_tanh, 0.0F);
  }
}

memory::data_type source_type(ComputeDtype dtype) {
  switch (dtype) {
    case ComputeDtype::kFloat32:
      return memory::data_type::f32;
    case ComputeDtype::kBfloat16:
      return memory::data_type::bf16;
    case ComputeDtype::kInt8:
      return memory::data_type::u8;
    case ComputeDtype::kFloat16:
      break;  // Cards only.
  }
  return memory::data_type::undef;
}

dnnl::matmul::primitive_desc make_desc(const ProductKey& key, const memory::desc& weight) {
  const auto matrix = [](std::int64_t rows, std::int64_t columns, memory::data_type type) {
    return memory::desc({rows, columns}, type, memory::format_tag::ab);
  };
  const memory::desc source = matrix(key.rows, key.in, source_type(key.dtype));
  const memory::desc result = matrix(
      key.rows, key.out, key.dtype == ComputeDtype::kInt8 ? memory::data_type::s32 : memory::data_type::f32);
  dnnl::primitive_attr attributes;
  // The library's own scratchpad would be shared by all threads that run the primitive.
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  dnnl::post_ops ops;
  if (key.activation >= 0) append_activation(ops, static_cast<Activation>(key.activation));
  if (key.accumulate) ops.append_sum();
  attributes.set_post_ops(ops);
  const memory::desc bias = key.has_bias ? matrix(1, key.out, memory::data_type::f32) : memory::desc();
#if DNNL_VERSION_MAJOR >= 3
  return {cpu_engine(), source, weight, bias, result, attributes};
#else
  const dnnl::matmul::desc op = key.has_bias ? dnnl::matmul::desc(source, weight, bias, result)
                                             : dnnl::matmul::desc(source, weight, result);
  return {op, attributes, cpu_engine()};
#endif
}

// About 80 row counts (row_capacity below 2,048) of a dozen shapes.
constexpr std::size_t kCachedProducts = 1024;

// Row count whose layout is taken for all: oneDNN 2.6 and 3.x give the same one for every count.
constexpr std::int64_t kLayoutRows = 64;

}  // namespace

std::shared_ptr<const Product> product_for(const ProductKey& key, const memory::desc& weight) {
  static PrimitiveCache<ProductKey, Product, KeyOrder> cache(kCachedProducts);
  return cache.get(key, [&] {
    const auto desc = make_desc(key, weight);
    return Product{desc, dnnl::matmul(desc)};
  });
}

memory pack_weight(ProductKey key, const void* weight, memory::data_type stored) {
  const memory::data_type packed_type =
      key.dtype == ComputeDtype::kInt8 ? memory::data_type::s8 : source_type(key.dtype);
  key.rows = kLayoutRows;
  key.threads = intra_op_threads();
  const memory::desc any({key.in, key.out}, packed_type, memory::format_tag::any);
  memory packed(make_desc(key, any).weights_desc(), cpu_engine());
  memory plain({{key.in, key.out}, stored, memory::format_tag::ba}, cpu_engine(), const_cast<void*>(weight));
  dnnl::stream& stream = thread_stream();
  dnnl::reorder(plain, packed).execute(stream, plain, packed);
  stream.wait();
  return packed;
}

const float* weight_panels(const memory& weight) {
  // [out / 64][in / 16][16][64], the blocks of a panel side by side, nothing padded.
  constexpr std::int64_t kDepthBlock = 16;
  const memory::desc desc = weight.get_desc();
#if DNNL_VERSION_MAJOR >= 3
  if (desc.get_format_kind() != memory::format_kind::blocked || desc.get_inner_nblks() != 2) return nullptr;
  const memory::dims dims = desc.get_dims(), blocks = desc.get_inner_blks(), axes = desc.get_inner_idxs(),
                     strides = desc.get_strides();
  const bool is_float = desc.get_data_type() == memory::data_type::f32;
#else
  const dnnl_memory_desc_t& raw = desc.data;
  const dnnl_blocking_desc_t& layout = raw.format_desc.blocking;
  if (raw.format_kind != dnnl_blocked || layout.inner_nblks != 2) return nullptr;
  const auto first_two = [](const auto* values) { return memory::dims(values, values + 2); };
  const memory::dims dims = first_two(raw.dims), blocks = first_two(layout.inner_blks),
                     axes = first_two(layout.inner_idxs), strides = first_two(layout.strides);
  const bool is_float = raw.data_type == dnnl_f32;
#endif
  const bool in_panels = is_float && blocks == memory::dims{kDepthBlock, kWeightPanel} &&
                         axes == memory::dims{0, 1} && dims[0] % kDepthBlock == 0 &&
                         dims[1] % kWeightPanel == 0 && strides[0] == kDepthBlock * kWeightPanel &&
                         strides[1] == dims[0] * kWeightPanel;
  return in_panels ? static_cast<const float*>(weight.get_data_handle()) : nullptr;
}

void run_product(const Product& product, const void* x, const memory& weight, const float* bias, void* y) {
  // oneDNN takes pointers to mutable memory for inputs too; it does not write to them.
  const memory source(product.desc.src_desc(), cpu_engine(), const_cast<void*>(x));
  const memory result(product.desc.dst_desc(), cpu_engine(), y);
  const memory::desc scratch_desc = product.desc.scratchpad_desc();
  thread_local AlignedBuffer scratch;
  const memory scratchpad(scratch_desc, cpu_engine(), scratch.bytes(scratch_desc.get_size()));
  std::unordered_map<int, memory> arguments = {{DNNL_ARG_SRC, source},
                                               {DNNL_ARG_WEIGHTS, weight},
                                               {DNNL_ARG_DST, result},
                                               {DNNL_ARG_SCRATCHPAD, scratchpad}};
  if (bias)
    arguments.emplace(DNNL_ARG_BIAS,
                      memory(product.desc.bias_desc(), cpu_engine(), const_cast<float*>(bias)));
  dnnl::stream& stream = thread_stream();
  product.primitive.execute(stream, arguments);
  stream.wait();
}

}  // namespace gliner
