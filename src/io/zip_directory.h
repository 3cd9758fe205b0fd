#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace gliner {

/// Where a member's bytes lie in the archive.
struct ZipMember {
  std::size_t begin_byte = 0;
  std::size_t bytes = 0;
};

/// Reads the directory of a zip archive's bytes, zip64 included: name -> place. Only what torch.save writes:
/// one disk, members stored without compression or encryption, no name twice. Every range of the result lies
/// within `file`. Throws ModelError "<path>: ...".
std::map<std::string, ZipMember> read_zip_directory(std::string_view file, const std::string& path);

}  // namespace gliner
