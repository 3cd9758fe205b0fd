#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <vector>

#include "nn/token_ids.h"
#include "nn/weight_scope.h"

namespace gliner {

/// A table of vectors, `weight` [V, H]. On a CPU it stays in the mapped file in its own element type; only
/// the rows that are looked up are converted.
class Embedding : public torch::nn::Module {
 public:
  /// `rows` may be kAnySize. `known_ids` >= the table's rows lets ids up to it through: they give zeros.
  Embedding(const WeightScope& w, std::int64_t rows, std::int64_t size, std::int64_t known_ids = 0);

  /// ids: N -> [N, H] float32. An id outside of [0, ids()) is an InternalError.
  at::Tensor forward(const TokenIds& ids) const;
  at::Tensor forward(const std::vector<std::int32_t>& ids) const { return forward(TokenIds(ids)); }
  /// Adds the vectors of `ids` to the rows of `x`: [N, H].
  void add_to(at::Tensor& x, const TokenIds& ids) const;
  void add_to(at::Tensor& x, const std::vector<std::int32_t>& ids) const { add_to(x, TokenIds(ids)); }
  /// Adds the vector of one id to every row of `x`.
  void add_one_to(at::Tensor& x, std::int32_t id) const;

  /// The ids as the table's device has them, int32 [N], checked like forward's. For cards.
  at::Tensor device_ids(const TokenIds& ids) const;

  std::int64_t rows() const { return weight_.size(0); }
  std::int64_t ids() const { return ids_; }
  c10::Device device() const { return device_; }

  /// The table itself, [V, H] float32 on the store's device.
  at::Tensor table() const { return to_float32(weight_, device_); }

 private:
  void check(const std::vector<std::int32_t>& ids) const;

  at::Tensor weight_;
  std::int64_t ids_;
  c10::Device device_;
};

}  // namespace gliner
