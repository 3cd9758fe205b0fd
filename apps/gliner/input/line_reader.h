#pragma once

#include <cstddef>
#include <string>

#include "input/byte_source.h"

namespace gliner::cli {

/// Lines of a source, of any end (LF or CRLF) and without a byte order mark in front of the first. Holds one
/// line and one buffer, whatever the size of the source.
class LineReader {
 public:
  enum class Status { kLine, kTooLong, kEnd };
  enum class LineEnds { kRemove, kKeep };

  /// A line longer than `max_bytes` is skipped and reported as kTooLong.
  LineReader(const std::string& path, std::size_t max_bytes, LineEnds ends = LineEnds::kRemove);

  Status next(std::string& line);

  /// Number of the line that `next` gave last, from 1.
  std::size_t line_number() const { return line_number_; }
  const ByteSource& source() const { return source_; }

 private:
  bool fill();
  void finish_line(std::string& line) const;

  ByteSource source_;
  std::size_t max_bytes_;
  LineEnds ends_;
  std::size_t line_number_ = 0;
  std::string buffer_;
  std::size_t position_ = 0;
};

}  // namespace gliner::cli
