#pragma once

#include <ATen/ATen.h>

#include <map>
#include <memory>
#include <string>

#include "../nn/checkpoint_bytes.h"
#include "nn/weight_scope.h"

namespace gliner::testing {

/// Tensors for a test's checkpoint, and the store that hands them to a module.
class RandomWeights {
 public:
  /// Adds a random tensor and returns it.
  at::Tensor add(const std::string& name, at::IntArrayRef shape, double scale = 0.3) {
    return tensors_[name] = at::randn(shape) * scale;
  }
  /// A linear layer's tensors.
  void linear(const std::string& name, std::int64_t in, std::int64_t out) {
    add(name + ".weight", {out, in});
    add(name + ".bias", {out});
  }
  const at::Tensor& operator[](const std::string& name) const { return tensors_.at(name); }

  at::Tensor apply(const std::string& name, const at::Tensor& x) const {
    return at::linear(x, tensors_.at(name + ".weight"), tensors_.at(name + ".bias"));
  }

  /// Writes the file; everything must have been added.
  WeightScope scope() {
    Entries entries;
    for (const auto& [name, tensor] : tensors_) entries[name] = entry_of(tensor);
    const std::string path = folder_.write("model.safetensors", checkpoint_bytes(entries));
    store_ =
        std::make_unique<WeightStore>(std::make_shared<const WeightFile>(WeightFile::open(path)), at::kCPU);
    return WeightScope(*store_);
  }
  const WeightStore& store() const { return *store_; }

 private:
  TempFolder folder_;
  std::map<std::string, at::Tensor> tensors_;
  std::unique_ptr<WeightStore> store_;
};

/// Largest difference of two tensors of one shape, relative to the larger of 1 and the expected value.
inline double difference(const at::Tensor& found, const at::Tensor& expected) {
  if (found.sizes() != expected.sizes()) return INFINITY;
  if (expected.numel() == 0) return 0;
  const at::Tensor same = found.eq(expected);  // Infinities too.
  return ((found - expected).abs() / expected.abs().clamp_min(1)).masked_fill(same, 0).max().item<double>();
}

}  // namespace gliner::testing
