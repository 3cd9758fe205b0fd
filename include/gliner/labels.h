#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "gliner/export.h"

namespace gliner {

/// Vectors of labels, as a bi-encoder compares them with spans: encoded once by Extractor::encode_labels,
/// given to any number of calls, kept in a file between runs. A plain value; `labels` may be renamed.
struct GLINER_EXPORT LabelVectors {
  std::vector<std::string> labels;
  std::int64_t size = 0;      ///< Elements of a vector.
  std::vector<float> values;  ///< [labels, size]

  /// Writes a safetensors file: the tensor "label_vectors", the names in its metadata. Replaces a present
  /// file only when all is written. Throws InputError when it cannot be written or the sizes contradict each
  /// other.
  void save(const std::string& path) const;

  /// Reads what `save` wrote. Throws ModelError on any other file.
  static LabelVectors load(const std::string& path);
};

}  // namespace gliner
