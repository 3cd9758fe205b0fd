#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

namespace gliner::cli {

/// Turns compressed bytes into plain ones step by step. Members (gzip) and frames (zstd) that follow each
/// other are one stream.
class Decompressor {
 public:
  struct Step {
    std::size_t taken = 0;  ///< Bytes of `input` that are done with.
    std::size_t given = 0;  ///< Bytes written to `buffer`.
  };

  virtual ~Decompressor() = default;
  /// Takes and gives as much as it can; both 0: it needs more input. Throws IoError on broken data.
  virtual Step step(std::string_view input, char* buffer, std::size_t size) = 0;
  /// True between two members or frames: the data may end here.
  virtual bool is_at_end() const = 0;
};

/// First bytes of a file that are enough to know it.
constexpr std::size_t kMagicBytes = 4;

/// False: a file that begins so is not compressed, whatever follows.
bool may_be_compressed(std::string_view first_bytes);

/// For data that begins so; null when it is not compressed.
std::unique_ptr<Decompressor> make_decompressor(std::string_view first_bytes);

}  // namespace gliner::cli
