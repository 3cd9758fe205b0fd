#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "gliner/extractor.h"
#include "gliner/options.h"
#include "io/safetensors.h"

namespace gliner {

/// A size that the checkpoint decides, in an expected shape.
constexpr std::int64_t kAnySize = -1;

/// The tensors of one checkpoint while a model is built from them: who bound which, and what is left over.
/// Not thread-safe; needed during loading only. Tensors handed out keep the file mapped for themselves.
class WeightStore {
 public:
  WeightStore(std::shared_ptr<const WeightFile> file, c10::Device device);

  const WeightFile& file() const { return *file_; }
  c10::Device device() const { return device_; }

  /// Throws ModelError that names every tensor (the first ten) neither bound nor declared as not needed: such
  /// a file belongs to another model than its config says.
  void check_all_used() const;

  /// Every tensor of the file with its use, by name.
  std::vector<TensorReport> report() const;
  /// Names of the tensors that were declared as not needed.
  std::vector<std::string> unused() const;

 private:
  friend class WeightScope;

  // Most tensors are packed as soon as they are bound and not read again: every now and then the file's pages
  // are given back, so that loading does not hold the checkpoint twice.
  void count_read(std::size_t bytes);

  std::size_t read_bytes_ = 0;
  std::shared_ptr<const WeightFile> file_;
  c10::Device device_;
  std::map<std::string, std::string> use_;         // Tensor -> module
  std::map<std::string, std::string> not_needed_;  // Tensor -> reason
};

/// A prefix of tensor names, by which a module asks for its own. Cheap to copy; the store must outlive it.
///
/// Every request states the shape the config implies. A tensor that is missing, or has another shape or an
/// element type that is not a float, stops the load with a ModelError: file, tensor, expected, found.
class WeightScope {
 public:
  explicit WeightScope(WeightStore& store) : store_(&store) {}

  /// The scope `name` inside this one; `name` may have dots.
  WeightScope operator/(std::string_view name) const;

  /// The tensor in the file's element type on the CPU, without a copy: a view of the mapped file (copied only
  /// if the file does not align it). For weights that are packed or gathered from.
  at::Tensor stored(std::string_view name, const std::vector<std::int64_t>& shape,
                    const std::string& module) const;

  /// The tensor as float32 on the store's device; a view of the mapped file where that is possible.
  at::Tensor float32(std::string_view name, const std::vector<std::int64_t>& shape,
                     const std::string& module) const;

  /// Declares a tensor that some checkpoints carry and no module needs. Absent ones are fine.
  void not_needed(std::string_view name, const std::string& reason) const;

  /// This scope for modules whose products are done in `dtype`; scopes inside it inherit that. The scope of a
  /// store is kFloat32.
  WeightScope in(ComputeDtype dtype) const;

  c10::Device device() const { return store_->device(); }
  ComputeDtype dtype() const { return dtype_; }
  /// Name of a tensor of this scope in the file.
  std::string full_name(std::string_view name) const;

 private:
  WeightStore* store_;
  std::string prefix_;  // Empty, or ends with a dot.
  ComputeDtype dtype_ = ComputeDtype::kFloat32;
};

/// `weights` as contiguous float32 on `device`.
at::Tensor to_float32(const at::Tensor& weights, c10::Device device);

}  // namespace gliner
