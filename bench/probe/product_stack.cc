#include "product_stack.h"

#include <array>
#include <dnnl.hpp>
#include <random>
#include <vector>

namespace gliner {
namespace {

using dnnl::memory;

memory::desc matrix(std::int64_t rows, std::int64_t columns, memory::format_tag tag) {
  return {{rows, columns}, memory::data_type::f32, tag};
}

}  // namespace

struct ProductStack::Impl {
  /// y = x W for one place in the layer, with the weights of every layer.
  struct Product {
    std::int64_t in, out;
    dnnl::matmul primitive;
    memory x, y;
    std::vector<memory> weights;  // One per layer.
  };

  dnnl::engine engine{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream{engine};
  std::int64_t rows = 0, layers = 0;
  std::vector<Product> products;

  // Small values around zero: no product grows or becomes denormal.
  void fill(const memory& values, std::mt19937& random) {
    auto* floats = static_cast<float*>(values.get_data_handle());
    std::uniform_real_distribution<float> small(-0.03F, 0.03F);
    const std::size_t count = values.get_desc().get_size() / sizeof(float);
    for (std::size_t i = 0; i < count; ++i) floats[i] = small(random);
  }

  void add(std::int64_t in, std::int64_t out, std::mt19937& random) {
    const auto x = matrix(rows, in, memory::format_tag::ab), y = matrix(rows, out, memory::format_tag::ab);
    const auto weight = matrix(in, out, memory::format_tag::any);
#if DNNL_VERSION_MAJOR >= 3
    const dnnl::matmul::primitive_desc desc(engine, x, weight, y);
#else
    const dnnl::matmul::primitive_desc desc(dnnl::matmul::desc(x, weight, y), engine);
#endif
    Product product{in, out, dnnl::matmul(desc), memory(x, engine), memory(y, engine), {}};
    fill(product.x, random);
    // The layout does not matter to random values: one filling serves all layers.
    memory first(desc.weights_desc(), engine);
    fill(first, random);
    product.weights.push_back(first);
    while (static_cast<std::int64_t>(product.weights.size()) < layers) {
      memory copy(desc.weights_desc(), engine);
      std::copy_n(static_cast<const std::byte*>(first.get_data_handle()), desc.weights_desc().get_size(),
                  static_cast<std::byte*>(copy.get_data_handle()));
      product.weights.push_back(copy);
    }
    products.push_back(std::move(product));
  }
};

ProductStack::ProductStack(const EncoderShape& shape, std::int64_t rows) : impl_(std::make_unique<Impl>()) {
  impl_->rows = rows;
  impl_->layers = shape.layers;
  std::mt19937 random(1);
  impl_->add(shape.hidden, shape.qkv, random);
  impl_->add(shape.hidden, shape.hidden, random);
  impl_->add(shape.hidden, shape.up, random);
  impl_->add(shape.inner, shape.hidden, random);
}

ProductStack::~ProductStack() = default;

void ProductStack::run() {
  for (std::size_t layer = 0; layer < static_cast<std::size_t>(impl_->layers); ++layer)
    for (Impl::Product& product : impl_->products)
      product.primitive.execute(
          impl_->stream,
          {{DNNL_ARG_SRC, product.x}, {DNNL_ARG_WEIGHTS, product.weights[layer]}, {DNNL_ARG_DST, product.y}});
  impl_->stream.wait();
}

double ProductStack::flops() const {
  double cells = 0;
  for (const Impl::Product& product : impl_->products)
    cells += static_cast<double>(product.in) * static_cast<double>(product.out);
  return 2 * cells * static_cast<double>(impl_->rows) * static_cast<double>(impl_->layers);
}

}  // namespace gliner
