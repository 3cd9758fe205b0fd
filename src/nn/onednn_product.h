#pragma once

#include <cstdint>
#include <memory>

#include "gliner/options.h"
#include "nn/onednn.h"

namespace gliner {

/// What a product y = f(x W + b) with packed W is generated for. The thread count is part of it: oneDNN
/// divides the work when it generates.
struct ProductKey {
  std::int64_t rows, in, out;
  bool has_bias, accumulate;
  int activation;  ///< -1: none
  int threads;
  /// kFloat32: everything float32. kBfloat16: x and W bfloat16, the rest float32. kInt8: x uint8, W int8, y
  /// int32, neither bias nor f.
  ComputeDtype dtype;
};

/// A generated primitive; may be executed by any number of threads, each with a scratchpad of its own.
struct Product {
  dnnl::matmul::primitive_desc desc;
  dnnl::matmul primitive;
};

/// The primitive for `key`, from a bounded process-wide cache. The packed layout depends on (in, out, dtype)
/// alone, so that all weights of one shape run the same primitives.
std::shared_ptr<const Product> product_for(const ProductKey& key, const dnnl::memory::desc& weight);

/// `weight` [out, in], row-major float32 or int8, reordered into the layout that products of `key` ask for.
dnnl::memory pack_weight(ProductKey key, const void* weight, dnnl::memory::data_type stored);

/// The floats of a packed float32 weight if they lie in panels as PanelProduct wants them, else null. Valid
/// as long as `weight`.
const float* weight_panels(const dnnl::memory& weight);

/// Runs `product`. Bias may be null.
void run_product(const Product& product, const void* x, const dnnl::memory& weight, const float* bias,
                 void* y);

}  // namespace gliner
