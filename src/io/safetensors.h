#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace gliner {

/// Element types of a safetensors file that this engine reads.
enum class TensorDtype { kFloat32, kFloat16, kBFloat16, kInt64, kInt32, kUInt8, kBool };

/// Bytes of one element.
std::size_t dtype_size(TensorDtype dtype);
/// The file's name for it: "F32", "F16", "BF16", ...
const char* dtype_name(TensorDtype dtype);

/// A tensor's bytes inside a mapped file. Valid as long as the WeightFile lives.
struct TensorView {
  std::string name;
  TensorDtype dtype = TensorDtype::kFloat32;
  std::vector<std::int64_t> shape;
  const std::byte* data = nullptr;  ///< Little-endian, row-major, not necessarily aligned.
  std::size_t bytes = 0;
  std::string file;  ///< For messages.

  std::int64_t elements() const;
};

/// The tensors of one safetensors file, or of all shards named by a `*.safetensors.index.json`. Files are
/// mapped read-only, not copied. Every length is checked with overflow-safe arithmetic before it is used; a
/// shard name that leads outside the index's folder is refused. Throws ModelError: file, expected, found.
class WeightFile {
 public:
  static WeightFile open(const std::string& path);

  WeightFile(WeightFile&&) noexcept;
  WeightFile& operator=(WeightFile&&) noexcept;
  ~WeightFile();

  /// All tensors by name.
  const std::map<std::string, TensorView>& tensors() const;
  /// Bytes of all files together.
  std::int64_t file_bytes() const;
  /// Gives back the memory of every page read so far; what is read again is read from the file again.
  void release_pages() const;
  /// Path given to open.
  const std::string& path() const;

 private:
  struct Impl;
  explicit WeightFile(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace gliner
