#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace gliner {

/// Memory that grows and starts on a cache line. Its content is lost when it grows.
class AlignedBuffer {
 public:
  void* bytes(std::size_t count) {
    constexpr std::size_t kLine = 64;
    if (bytes_.size() < count + kLine) bytes_ = std::vector<std::byte>(count + kLine);
    const auto address = reinterpret_cast<std::uintptr_t>(bytes_.data());
    return bytes_.data() + (kLine - address % kLine) % kLine;
  }
  float* floats(std::int64_t count) {
    return static_cast<float*>(bytes(static_cast<std::size_t>(count) * sizeof(float)));
  }

 private:
  std::vector<std::byte> bytes_;
};

}  // namespace gliner
