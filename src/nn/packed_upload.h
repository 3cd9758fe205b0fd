#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <vector>

namespace gliner {

/// Where the parts of an upload lie among its words.
struct UploadLayout {
  struct Part {
    std::int64_t begin;
    std::int64_t size;
  };
  std::vector<Part> parts;
  std::int64_t words = 0;
};

/// Names a part of an upload: its number.
using UploadHandle = std::size_t;

/// An upload on the device.
class Uploaded {
 public:
  /// words: [layout.words] int32.
  Uploaded(UploadLayout layout, at::Tensor words) : layout_(std::move(layout)), words_(std::move(words)) {}

  /// What was added, on the device: [N].
  at::Tensor integers(UploadHandle handle) const;
  at::Tensor floats(UploadHandle handle) const;
  std::int64_t size(UploadHandle handle) const { return layout_.parts.at(handle).size; }
  c10::Device device() const { return words_.device(); }

 private:
  UploadLayout layout_;
  at::Tensor words_;
};

/// Everything that a forward pass needs from the host, collected first and sent to the device in one pinned,
/// asynchronous copy. Lives for one pass.
class PackedUpload {
 public:
  UploadHandle add(const std::vector<std::int32_t>& values);
  UploadHandle add(const std::vector<float>& values);

  /// Sends what was added to memory of its own.
  Uploaded send(c10::Device device) const;

  /// What is sent: integers, and the bits of floats.
  const std::vector<std::int32_t>& words() const { return words_; }
  const UploadLayout& layout() const { return layout_; }

 private:
  UploadHandle add_words(const std::int32_t* words, std::size_t count);

  std::vector<std::int32_t> words_;
  UploadLayout layout_;
};

}  // namespace gliner
