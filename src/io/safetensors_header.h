#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "io/safetensors.h"

namespace gliner {

/// What a safetensors header says of one tensor.
struct HeaderTensor {
  TensorDtype dtype = TensorDtype::kFloat32;
  std::vector<std::int64_t> shape;
  std::uint64_t begin_byte = 0;  ///< From the end of the header.
  std::uint64_t end_byte = 0;
};

struct SafetensorsHeader {
  std::size_t data_begin_byte = 0;  ///< Where the tensors' bytes begin in the file.
  std::map<std::string, HeaderTensor> tensors;
};

/// Reads and checks the header of a whole file's bytes: 8 bytes little-endian header length, a JSON object,
/// then the tensors' bytes. Holds the file to the format's own rules (safetensors crate,
/// `Metadata::validate`): the tensors' bytes follow each other without holes or overlaps and fill the file,
/// and each has as many bytes as its shape and dtype ask for. So every range of the result lies within
/// `file`. Stricter than the crate on duplicate names, more than 64 dimensions, dtypes that this engine does
/// not read, and blanks before the header's brace, which the format forbids. Throws ModelError "<path>: ...".
SafetensorsHeader read_safetensors_header(std::string_view file, const std::string& path);

}  // namespace gliner
