#include "models/packed_download.h"

#include <ATen/ATen.h>

#include <cstring>

#include "base/check.h"
#include "models/card_graphs.h"

namespace gliner {

at::Tensor bits_of(const at::Tensor& values) {
  GLINER_CHECK(values.scalar_type() == at::kInt || values.scalar_type() == at::kFloat);
  return values.contiguous().view({-1}).view(at::kInt);
}

PackedDownload::Handle PackedDownload::add(const at::Tensor& values) {
  GLINER_CHECK(fetched_.empty());
  values_.push_back(bits_of(values));
  parts_.push_back({size_, values.numel()});
  size_ += values.numel();
  return parts_.size() - 1;
}

void PackedDownload::fetch(c10::Device device) {
  GLINER_CHECK(!values_.empty());
  fetched_ = fetch_words(at::cat(values_), device);
  values_.clear();
}

std::vector<std::int32_t> PackedDownload::integers(Handle handle) const {
  const Part& part = parts_.at(handle);
  const std::int32_t* const begin = fetched_.data() + part.begin;
  return {begin, begin + part.size};
}

std::vector<float> PackedDownload::floats(Handle handle) const {
  const Part& part = parts_.at(handle);
  std::vector<float> values(static_cast<std::size_t>(part.size));
  if (!values.empty())
    std::memcpy(values.data(), fetched_.data() + part.begin, values.size() * sizeof(float));
  return values;
}

}  // namespace gliner
