#pragma once

#include <cstddef>
#include <string>

namespace gliner::cli {

/// Bytes of a file, or of standard input for "-". Closes what it opened.
class ByteSource {
 public:
  /// Throws UsageError when `path` cannot be read or is a folder.
  explicit ByteSource(const std::string& path);
  ~ByteSource();
  ByteSource(const ByteSource&) = delete;
  ByteSource& operator=(const ByteSource&) = delete;

  /// Reads up to `size` bytes; 0 at the end, or when a signal asked to stop. Throws UsageError on a read
  /// error.
  std::size_t read(char* buffer, std::size_t size);

  /// "standard input" or the path, for messages.
  const std::string& name() const { return name_; }

 private:
  std::string name_;
  int fd_ = -1;
};

/// Lines of a source, of any end (LF or CRLF) and without a byte order mark in front of the first. Holds one
/// line and one buffer, whatever the size of the source.
class LineReader {
 public:
  enum class Status { kLine, kTooLong, kEnd };

  /// A line longer than `max_bytes` is skipped and reported as kTooLong.
  LineReader(const std::string& path, std::size_t max_bytes);

  Status next(std::string& line);

  /// Number of the line that `next` gave last, from 1.
  std::size_t line_number() const { return line_number_; }

 private:
  bool fill();
  void finish_line(std::string& line) const;

  ByteSource source_;
  std::size_t max_bytes_;
  std::size_t line_number_ = 0;
  std::string buffer_;
  std::size_t position_ = 0;
};

/// The whole source without a byte order mark. Throws UsageError when it is longer than `max_bytes`.
std::string read_all(const std::string& path, std::size_t max_bytes);

}  // namespace gliner::cli
