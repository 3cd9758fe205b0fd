#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/safetensors.h"

namespace gliner {

/// The tensors of a file that torch.save wrote (pytorch_model.bin).
struct TorchArchive {
  struct Tensor {
    TensorDtype dtype = TensorDtype::kFloat32;
    std::vector<std::int64_t> shape;
    const std::byte* data = nullptr;  ///< Little-endian, row-major; in the file or in `copies`.
    std::size_t bytes = 0;
  };
  std::map<std::string, Tensor> tensors;
  /// Tensors whose elements do not lie one behind the other in their storage, put in order.
  std::vector<std::unique_ptr<std::byte[]>> copies;
};

/// True if the file begins like one that torch.save has written since 1.6, a zip archive.
bool is_torch_archive(std::string_view file);

/// Reads a whole file's bytes: the archive's directory, the pickle that describes the tensors
/// (tensor_pickle.h) and the storages. Every tensor is checked to lie within its storage, and every storage
/// to have the bytes that the pickle says. Copies take no more memory than the file. Throws ModelError
/// "<path>: ...".
TorchArchive read_torch_archive(std::string_view file, const std::string& path);

}  // namespace gliner
