#include "nn/packed_upload.h"

#include <ATen/ATen.h>

#include <cstring>

#include "nn/index_tensor.h"

namespace gliner {
namespace {

/// Parts begin at multiples of so many words, as vector loads want it.
constexpr std::size_t kAlignment = 4;

}  // namespace

at::Tensor Uploaded::integers(UploadHandle handle) const {
  const UploadLayout::Part& part = layout_.parts.at(handle);
  return words_.narrow(0, part.begin, part.size);
}

at::Tensor Uploaded::floats(UploadHandle handle) const { return integers(handle).view(at::kFloat); }

UploadHandle PackedUpload::add_words(const std::int32_t* words, std::size_t count) {
  layout_.parts.push_back({static_cast<std::int64_t>(words_.size()), static_cast<std::int64_t>(count)});
  words_.insert(words_.end(), words, words + count);
  words_.resize((words_.size() + kAlignment - 1) / kAlignment * kAlignment);
  layout_.words = static_cast<std::int64_t>(words_.size());
  return layout_.parts.size() - 1;
}

UploadHandle PackedUpload::add(const std::vector<std::int32_t>& values) {
  return add_words(values.data(), values.size());
}

UploadHandle PackedUpload::add(const std::vector<float>& values) {
  std::vector<std::int32_t> bits(values.size());
  if (!values.empty()) std::memcpy(bits.data(), values.data(), values.size() * sizeof(float));
  return add_words(bits.data(), bits.size());
}

Uploaded PackedUpload::send(c10::Device device) const { return {layout_, index_tensor(words_, device)}; }

}  // namespace gliner
