#include "nn/packed_matmul.h"

#include <cstddef>
#include <list>
#include <map>
#include <mutex>
#include <tuple>
#include <unordered_map>
#include <vector>

#include "base/check.h"
#include "nn/aligned_buffer.h"
#include "nn/onednn.h"
#include "nn/threads.h"

namespace gliner {
namespace {

using dnnl::memory;

// What a primitive is generated for. The thread count is part of it: oneDNN divides the work when it
// generates.
struct ProductKey {
  std::int64_t rows, in, out;
  bool has_bias, accumulate;
  int activation;  // -1: none
  int threads;

  bool operator<(const ProductKey& o) const {
    return std::tie(rows, in, out, has_bias, accumulate, activation, threads) <
           std::tie(o.rows, o.in, o.out, o.has_bias, o.accumulate, o.activation, o.threads);
  }
};

struct Product {
  dnnl::matmul::primitive_desc desc;
  dnnl::matmul primitive;
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

dnnl::matmul::primitive_desc make_desc(const ProductKey& key, const memory::desc& weight) {
  const auto matrix = [](std::int64_t rows, std::int64_t columns) {
    return memory::desc({rows, columns}, memory::data_type::f32, memory::format_tag::ab);
  };
  dnnl::primitive_attr attributes;
  // The library's own scratchpad would be shared by all threads that run the primitive.
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  dnnl::post_ops ops;
  if (key.activation >= 0) append_activation(ops, static_cast<Activation>(key.activation));
  if (key.accumulate) ops.append_sum();
  attributes.set_post_ops(ops);
  const memory::desc bias = key.has_bias ? matrix(1, key.out) : memory::desc();
#if DNNL_VERSION_MAJOR >= 3
  return {cpu_engine(), matrix(key.rows, key.in), weight, bias, matrix(key.rows, key.out), attributes};
#else
  const dnnl::matmul::desc op =
      key.has_bias ? dnnl::matmul::desc(matrix(key.rows, key.in), weight, bias, matrix(key.rows, key.out))
                   : dnnl::matmul::desc(matrix(key.rows, key.in), weight, matrix(key.rows, key.out));
  return {op, attributes, cpu_engine()};
#endif
}

// Generated primitives by shape, the least recently used dropped first. The packed layout depends on (in,
// out) alone, so that every PackedMatmul of one shape can run the same primitive.
class ProductCache {
 public:
  std::shared_ptr<const Product> get(const ProductKey& key, const memory::desc& weight) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      if (const auto found = index_.find(key); found != index_.end()) {
        entries_.splice(entries_.begin(), entries_, found->second);
        return found->second->second;
      }
    }
    // Generated outside the lock: it takes a millisecond. Two threads may do so at once; the first one's is
    // kept.
    auto desc = make_desc(key, weight);
    auto product = std::make_shared<const Product>(Product{desc, dnnl::matmul(desc)});
    const std::lock_guard<std::mutex> lock(mutex_);
    if (const auto found = index_.find(key); found != index_.end()) return found->second->second;
    entries_.emplace_front(key, product);
    index_[key] = entries_.begin();
    if (entries_.size() > kCapacity) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    return product;
  }

 private:
  // About 80 row counts (row_capacity below 2,048) of a dozen shapes.
  static constexpr std::size_t kCapacity = 1024;
  using Entries = std::list<std::pair<ProductKey, std::shared_ptr<const Product>>>;
  std::mutex mutex_;
  Entries entries_;  // Most recently used first.
  std::map<ProductKey, Entries::iterator> index_;
};

ProductCache& product_cache() {
  static ProductCache cache;
  return cache;
}

// Row count whose layout is taken for all: oneDNN 2.6 and 3.x give the same one for every count.
constexpr std::int64_t kLayoutRows = 64;

}  // namespace

struct PackedMatmul::Impl {
  std::int64_t in = 0;
  std::int64_t out = 0;
  std::optional<Activation> activation;
  memory weight;
  std::vector<float> bias;  // Empty: none.
};

PackedMatmul::PackedMatmul(std::int64_t in, std::int64_t out, const float* weight, const float* bias,
                           std::optional<Activation> activation) {
  GLINER_CHECK(in > 0 && out > 0 && weight != nullptr);
  auto impl = std::make_unique<Impl>();
  impl->in = in;
  impl->out = out;
  impl->activation = activation;
  if (bias) impl->bias.assign(bias, bias + out);

  const memory::desc any({in, out}, memory::data_type::f32, memory::format_tag::any);
  const ProductKey key{kLayoutRows, in, out, bias != nullptr, false, -1, intra_op_threads()};
  impl->weight = memory(make_desc(key, any).weights_desc(), cpu_engine());
  memory plain({{in, out}, memory::data_type::f32, memory::format_tag::ba}, cpu_engine(),
               const_cast<float*>(weight));
  dnnl::stream& stream = thread_stream();
  dnnl::reorder(plain, impl->weight).execute(stream, plain, impl->weight);
  stream.wait();
  impl_ = std::move(impl);
}

PackedMatmul::PackedMatmul(PackedMatmul&&) noexcept = default;
PackedMatmul& PackedMatmul::operator=(PackedMatmul&&) noexcept = default;
PackedMatmul::~PackedMatmul() = default;

void PackedMatmul::run(const float* x, std::int64_t rows, float* y, bool accumulate) const {
  GLINER_CHECK(!accumulate || !impl_->activation);
  if (rows == 0) return;
  const ProductKey key{rows,
                       impl_->in,
                       impl_->out,
                       !impl_->bias.empty(),
                       accumulate,
                       impl_->activation ? static_cast<int>(*impl_->activation) : -1,
                       intra_op_threads()};
  const std::shared_ptr<const Product> product = product_cache().get(key, impl_->weight.get_desc());

  // oneDNN takes pointers to mutable memory for inputs too; it does not write to them.
  const memory source(product->desc.src_desc(), cpu_engine(), const_cast<float*>(x));
  const memory result(product->desc.dst_desc(), cpu_engine(), y);
  const memory::desc scratch_desc = product->desc.scratchpad_desc();
  thread_local AlignedBuffer scratch;
  const memory scratchpad(scratch_desc, cpu_engine(), scratch.bytes(scratch_desc.get_size()));
  std::unordered_map<int, memory> arguments = {{DNNL_ARG_SRC, source},
                                               {DNNL_ARG_WEIGHTS, impl_->weight},
                                               {DNNL_ARG_DST, result},
                                               {DNNL_ARG_SCRATCHPAD, scratchpad}};
  if (!impl_->bias.empty())
    arguments.emplace(DNNL_ARG_BIAS, memory(product->desc.bias_desc(), cpu_engine(),
                                            const_cast<float*>(impl_->bias.data())));
  dnnl::stream& stream = thread_stream();
  product->primitive.execute(stream, arguments);
  stream.wait();
}

}  // namespace gliner
