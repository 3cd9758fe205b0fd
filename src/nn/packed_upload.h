#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <vector>

namespace gliner {

/// Everything that a forward pass needs from the host, collected first and sent to the device in one pinned,
/// asynchronous copy. Lives for one pass.
class PackedUpload {
 public:
  /// Names what was added.
  using Handle = std::size_t;

  Handle add(const std::vector<std::int32_t>& values);
  Handle add(const std::vector<float>& values);

  /// Once, after everything was added.
  void send(c10::Device device);

  /// What was added, on the device: [N]. After send().
  at::Tensor integers(Handle handle) const;
  at::Tensor floats(Handle handle) const;

 private:
  struct Part {
    std::int64_t begin;
    std::int64_t size;
  };
  Handle add_words(const std::int32_t* words, std::size_t count);

  std::vector<std::int32_t> words_;  // Integers, and the bits of floats
  std::vector<Part> parts_;
  at::Tensor sent_;  // [words], int32
};

}  // namespace gliner
