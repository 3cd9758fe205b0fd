#pragma once

#include <ATen/ATen.h>

#include <map>
#include <string>
#include <vector>

#include "../io/test_files.h"
#include "io/safetensors.h"

namespace gliner::testing {

/// A tensor on its way into a test's checkpoint.
struct Entry {
  std::string dtype;
  std::vector<std::int64_t> shape;
  std::string bytes;
};
using Entries = std::map<std::string, Entry>;

inline Entry entry_of(const at::Tensor& tensor) {
  const at::Tensor whole = tensor.contiguous();
  const char* dtype = whole.scalar_type() == at::kHalf       ? "F16"
                      : whole.scalar_type() == at::kBFloat16 ? "BF16"
                                                             : "F32";
  return {dtype, whole.sizes().vec(), {static_cast<const char*>(whole.data_ptr()), whole.nbytes()}};
}

inline Entries entries_of(const WeightFile& file) {
  Entries entries;
  for (const auto& [name, view] : file.tensors())
    entries[name] = {
        dtype_name(view.dtype), view.shape, {reinterpret_cast<const char*>(view.data), view.bytes}};
  return entries;
}

/// The safetensors file of these tensors.
inline std::string checkpoint_bytes(const Entries& entries) {
  std::string header = "{", data;
  for (const auto& [name, entry] : entries) {
    std::string shape;
    for (const std::int64_t size : entry.shape) shape += (shape.empty() ? "" : ",") + std::to_string(size);
    header += std::string(header.size() > 1 ? ",\"" : "\"") + name + "\":{\"dtype\":\"" + entry.dtype +
              "\",\"shape\":[" + shape + "],\"data_offsets\":[" + std::to_string(data.size()) + "," +
              std::to_string(data.size() + entry.bytes.size()) + "]}";
    data += entry.bytes;
  }
  return safetensors(header + "}", data);
}

}  // namespace gliner::testing
