#include <fmt/format.h>

#include "gliner/error.h"
#include "gliner/options.h"

namespace gliner {

ComputeDtype parse_compute_dtype(std::string_view name) {
  if (name == "float32") return ComputeDtype::kFloat32;
  if (name == "bfloat16") return ComputeDtype::kBfloat16;
  if (name == "float16") return ComputeDtype::kFloat16;
  if (name == "int8") return ComputeDtype::kInt8;
  throw InputError(fmt::format("dtype: expected float32, bfloat16, float16 or int8, found \"{}\"", name));
}

}  // namespace gliner
