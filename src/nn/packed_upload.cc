#include "nn/packed_upload.h"

#include <ATen/ATen.h>

#include <cstring>

#include "base/check.h"
#include "nn/index_tensor.h"

namespace gliner {
namespace {

/// Parts begin at multiples of so many words, as vector loads want it.
constexpr std::size_t kAlignment = 4;

}  // namespace

PackedUpload::Handle PackedUpload::add_words(const std::int32_t* words, std::size_t count) {
  GLINER_CHECK(!sent_.defined());
  parts_.push_back({static_cast<std::int64_t>(words_.size()), static_cast<std::int64_t>(count)});
  words_.insert(words_.end(), words, words + count);
  words_.resize((words_.size() + kAlignment - 1) / kAlignment * kAlignment);
  return parts_.size() - 1;
}

PackedUpload::Handle PackedUpload::add(const std::vector<std::int32_t>& values) {
  return add_words(values.data(), values.size());
}

PackedUpload::Handle PackedUpload::add(const std::vector<float>& values) {
  std::vector<std::int32_t> bits(values.size());
  if (!values.empty()) std::memcpy(bits.data(), values.data(), values.size() * sizeof(float));
  return add_words(bits.data(), bits.size());
}

void PackedUpload::send(c10::Device device) { sent_ = index_tensor(words_, device); }

at::Tensor PackedUpload::integers(Handle handle) const {
  const Part& part = parts_.at(handle);
  return sent_.narrow(0, part.begin, part.size);
}

at::Tensor PackedUpload::floats(Handle handle) const { return integers(handle).view(at::kFloat); }

}  // namespace gliner
