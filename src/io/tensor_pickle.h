#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "io/safetensors.h"

namespace gliner {

/// A tensor as torch.save describes it: a strided view of a storage.
struct PickledTensor {
  TensorDtype dtype = TensorDtype::kFloat32;
  std::string storage;                 ///< Name of the member below data/.
  std::uint64_t storage_elements = 0;  ///< Elements of the whole storage.
  std::uint64_t offset = 0;            ///< Its first element in the storage.
  std::vector<std::int64_t> shape;     ///< Not negative.
  std::vector<std::int64_t> strides;   ///< In elements, as many as sizes; not negative.
};

/// Runs a pickle that torch.save made of a dictionary of tensors: name -> tensor. A pickle can name any
/// function of Python to be called; this machine knows none but those that put tensors together
/// (_rebuild_tensor_v2, _rebuild_parameter, OrderedDict and the storage types of supported dtypes) and
/// refuses everything else by its name, as it refuses every instruction that torch.save does not use here.
/// Time and memory are bounded by the pickle's size. Throws ModelError "<path>: ...".
std::map<std::string, PickledTensor> read_tensor_pickle(std::string_view pickle, const std::string& path);

}  // namespace gliner
