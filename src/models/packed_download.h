#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <vector>

namespace gliner {

/// The int32 of the same bits as float32 or int32 values of any shape: [N].
at::Tensor bits_of(const at::Tensor& values);

/// Everything that a forward pass leaves for the host, collected first and brought over in one pinned copy:
/// the counterpart of PackedUpload. Lives for one pass.
class PackedDownload {
 public:
  /// Names what was added.
  using Handle = std::size_t;

  /// values: int32 or float32, of any shape.
  Handle add(const at::Tensor& values);

  /// Once, after everything was added. Waits until the device is done: the only wait of a pass.
  void fetch(c10::Device device);

  /// What was added, row by row. After fetch().
  std::vector<std::int32_t> integers(Handle handle) const;
  std::vector<float> floats(Handle handle) const;

 private:
  struct Part {
    std::int64_t begin;
    std::int64_t size;
  };

  std::vector<at::Tensor> values_;  // Each [N] int32, floats as their bits
  std::vector<Part> parts_;
  std::int64_t size_ = 0;
  std::vector<std::int32_t> fetched_;
};

}  // namespace gliner
