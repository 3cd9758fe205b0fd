#include "nn/weight_scope.h"

#include <ATen/ATen.h>
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <optional>

#include "gliner/error.h"

namespace gliner {
namespace {

std::optional<at::ScalarType> float_type(TensorDtype dtype) {
  switch (dtype) {
    case TensorDtype::kFloat32:
      return at::kFloat;
    case TensorDtype::kFloat16:
      return at::kHalf;
    case TensorDtype::kBFloat16:
      return at::kBFloat16;
    default:
      return std::nullopt;
  }
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::vector<std::string> sizes;
  for (const std::int64_t size : shape) sizes.push_back(size == kAnySize ? "any" : std::to_string(size));
  return fmt::format("[{}]", fmt::join(sizes, ", "));
}

bool shape_matches(const std::vector<std::int64_t>& expected, const std::vector<std::int64_t>& found) {
  if (expected.size() != found.size()) return false;
  for (std::size_t i = 0; i < expected.size(); ++i)
    if (expected[i] != kAnySize && expected[i] != found[i]) return false;
  return true;
}

// A tensor on the mapped bytes that keeps `file` alive, or a copy where the elements are not aligned.
at::Tensor view_of(const TensorView& view, at::ScalarType type,
                   const std::shared_ptr<const WeightFile>& file) {
  const auto options = at::TensorOptions().dtype(type);
  void* data =
      const_cast<std::byte*>(view.data);  // LibTorch knows no read-only tensors; nobody writes to weights.
  if (reinterpret_cast<std::uintptr_t>(view.data) % dtype_size(view.dtype) != 0) {
    at::Tensor copy = at::empty(view.shape, options);
    std::memcpy(copy.data_ptr(), view.data, view.bytes);
    return copy;
  }
  return at::from_blob(
      data, view.shape, [file](void*) {}, options);
}

}  // namespace

WeightStore::WeightStore(std::shared_ptr<const WeightFile> file, c10::Device device)
    : file_(std::move(file)), device_(device) {}

void WeightStore::count_read(std::size_t bytes) {
  constexpr std::size_t kStep = std::size_t{64} << 20;
  read_bytes_ += bytes;
  if (read_bytes_ < kStep) return;
  read_bytes_ = 0;
  file_->release_pages();
}

void WeightStore::check_all_used() const {
  std::vector<std::string> left;
  for (const auto& [name, view] : file_->tensors())
    if (!use_.count(name) && !not_needed_.count(name)) left.push_back(name);
  if (left.empty()) return;
  constexpr std::size_t kShown = 10;
  const std::size_t shown = std::min(left.size(), kShown);
  throw ModelError(
      fmt::format("{}: expected only tensors of the architecture that config.json and "
                  "encoder_config/config.json describe, "
                  "found {} more: {}{}. Check that the configs belong to these weights",
                  file_->path(), left.size(),
                  fmt::join(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(shown), ", "),
                  shown < left.size() ? ", ..." : ""));
}

std::vector<TensorReport> WeightStore::report() const {
  std::vector<TensorReport> tensors;
  for (const auto& [name, view] : file_->tensors()) {
    TensorReport tensor{name, dtype_name(view.dtype), view.shape, {}};
    if (const auto use = use_.find(name); use != use_.end())
      tensor.use = use->second;
    else if (const auto reason = not_needed_.find(name); reason != not_needed_.end())
      tensor.use = "not used: " + reason->second;
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

std::vector<std::string> WeightStore::unused() const {
  std::vector<std::string> names;
  for (const auto& [name, view] : file_->tensors())
    if (!use_.count(name)) names.push_back(name);
  return names;
}

WeightScope WeightScope::operator/(std::string_view name) const {
  WeightScope inner(*this);
  inner.prefix_ = full_name(name) + ".";
  return inner;
}

WeightScope WeightScope::in(ComputeDtype dtype) const {
  WeightScope same(*this);
  same.dtype_ = dtype;
  return same;
}

std::string WeightScope::full_name(std::string_view name) const { return prefix_ + std::string(name); }

at::Tensor WeightScope::stored(std::string_view name, const std::vector<std::int64_t>& shape,
                               const std::string& module) const {
  const std::string full = full_name(name);
  const auto& tensors = store_->file_->tensors();
  const auto found = tensors.find(full);
  if (found == tensors.end())
    throw ModelError(
        fmt::format("{}: tensor '{}': expected shape {} for {}, found no such tensor among the {} of the "
                    "file. Check that the "
                    "configs belong to these weights",
                    store_->file_->path(), full, shape_text(shape), module, tensors.size()));
  const TensorView& view = found->second;
  if (!shape_matches(shape, view.shape))
    throw ModelError(fmt::format(
        "{}: tensor '{}': expected shape {} for {}, found {}. Check that the configs belong to these weights",
        view.file, full, shape_text(shape), module, shape_text(view.shape)));
  const auto type = float_type(view.dtype);
  if (!type)
    throw ModelError(fmt::format("{}: tensor '{}': expected element type F32, F16 or BF16 for {}, found {}",
                                 view.file, full, module, dtype_name(view.dtype)));
  store_->use_[full] = module;
  store_->count_read(view.bytes);
  return view_of(view, *type, store_->file_);
}

at::Tensor WeightScope::float32(std::string_view name, const std::vector<std::int64_t>& shape,
                                const std::string& module) const {
  return to_float32(stored(name, shape, module), store_->device_);
}

void WeightScope::not_needed(std::string_view name, const std::string& reason) const {
  store_->not_needed_[full_name(name)] = reason;
}

at::Tensor to_float32(const at::Tensor& weights, c10::Device device) {
  return weights.to(at::TensorOptions().device(device).dtype(at::kFloat)).contiguous();
}

}  // namespace gliner
