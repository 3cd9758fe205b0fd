#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gliner {

/// A regular file mapped read-only. Movable; unmaps when destroyed. Throws ModelError with path and reason.
class MappedFile {
 public:
  explicit MappedFile(const std::string& path);
  MappedFile(MappedFile&& other) noexcept;
  MappedFile& operator=(MappedFile&& other) noexcept;
  ~MappedFile();

  const std::byte* data() const { return data_; }
  std::size_t size() const { return size_; }
  std::string_view text() const { return {reinterpret_cast<const char*>(data_), size_}; }
  /// Tells the system that the pages read so far are not needed in memory now; the content stays readable.
  void release_pages() const;

 private:
  const std::byte* data_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace gliner
