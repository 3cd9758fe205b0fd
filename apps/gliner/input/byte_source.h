#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "input/decompressor.h"

namespace gliner::cli {

/// Bytes of a file, or of standard input for "-". What is compressed with gzip or zstd, which its first bytes
/// tell, is given decompressed. Closes what it opened.
class ByteSource {
 public:
  /// Throws UsageError when `path` cannot be read or is a folder. Reads nothing yet.
  explicit ByteSource(const std::string& path);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  /// Reads up to `size` bytes; 0 at the end, or when a stop was asked for. Throws IoError on a read error or
  /// broken compressed data.
  std::size_t read(char* buffer, std::size_t size);

  /// "standard input" or the path, for messages.
  const std::string& name() const { return name_; }

  /// Bytes of the file (compressed, if it is) that were read.
  std::uint64_t position() const { return position_; }
  /// All of them; absent for a pipe or a terminal.
  std::optional<std::uint64_t> size() const;
  /// A pipe, a socket or a terminal: bytes come when somebody writes them.
  bool is_live() const { return live_; }

 private:
  bool fill();
  void look_at_first_bytes();
  std::size_t read_plain(char* buffer, std::size_t size);
  std::size_t read_compressed(char* buffer, std::size_t size);

  std::string name_;
  int fd_ = -1;
  bool live_ = false;
  std::uint64_t position_ = 0;
  bool begun_ = false;
  std::string pending_;  // read from the file and not yet given or decompressed
  std::size_t pending_at_ = 0;
  std::unique_ptr<Decompressor> decompressor_;  // null: the bytes are given as they are
};

/// The whole source without a byte order mark. Throws UsageError when it is longer than `max_bytes`.
std::string read_all(const std::string& path, std::size_t max_bytes);

/// Removes a UTF-8 byte order mark in front.
void remove_byte_order_mark(std::string& text);

}  // namespace gliner::cli
