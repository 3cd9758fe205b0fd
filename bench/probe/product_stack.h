#pragma once

#include <cstdint>
#include <memory>

namespace gliner {

/// The sizes of an encoder's products: what a forward pass has to do, whoever does it.
struct EncoderShape {
  std::int64_t hidden = 0;  ///< H
  std::int64_t qkv = 0;     ///< Columns of query, key and value together: 3 H
  std::int64_t up = 0;      ///< Columns of the first feed-forward product: F, or 2 F with a gate
  std::int64_t inner = 0;   ///< F
  std::int64_t layers = 0;
};

/// The dense products of an encoder on `rows` tokens with random weights, by oneDNN directly: packed weights,
/// no bias, no activation, nothing between them. Every layer has its own weights, so that they come from
/// where those of a model come from. What this takes is a floor for the model, found without its code.
///
/// Runs on the OpenMP threads of the caller; the number when it is made counts.
class ProductStack {
 public:
  ProductStack(const EncoderShape& shape, std::int64_t rows);
  ~ProductStack();
  ProductStack(const ProductStack&) = delete;
  ProductStack& operator=(const ProductStack&) = delete;

  /// All products once.
  void run();
  /// Multiplications and additions of one run.
  double flops() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace gliner
