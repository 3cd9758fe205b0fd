#pragma once

#include <cstddef>
#include <cstdint>
#include <istream>
#include <ostream>
#include <string>

#include "base/json.h"

namespace gliner {

/// One line of a JSONL stream as it came, not yet parsed.
struct JsonlLine {
  std::int64_t number = 0;  ///< From 1; blank lines are counted too.
  std::string text;         ///< Without line end and byte order mark. Any bytes, NUL included.
  std::string error;        ///< Not empty: the line cannot be used, and `text` is empty.
};

/// Reads a JSONL stream line by line: LF or CR LF, with or without a last line end, a UTF-8 byte order mark
/// at the start, blank lines passed over. A line is handed out as soon as its end has come, so a pipe can be
/// followed. Holds one line at a time. Not for use by several threads at once.
class JsonlReader {
 public:
  static constexpr std::size_t kDefaultMaxLineBytes = std::size_t{64} << 20;

  /// `in` must outlive the reader. Of a line longer than `max_line_bytes` nothing is kept but an error.
  explicit JsonlReader(std::istream& in, std::size_t max_line_bytes = kDefaultMaxLineBytes);

  /// The next line that is not blank; false at the end. Throws InputError when the stream cannot be read.
  bool next(JsonlLine& line);

 private:
  /// Reads up to the line's end; false when there is no further line.
  bool read_line(JsonlLine& line);

  std::istream& in_;
  std::size_t max_line_bytes_;
  std::int64_t lines_ = 0;
};

/// The JSON of a line. Throws InputError "line N: ..." on a line with an error, on broken JSON or UTF-8, on
/// nesting deeper than 512 and on an object of more than 10,000 keys (JSON objects here take quadratic time
/// to build).
Json parse_jsonl(const JsonlLine& line);

/// Writes one JSON value a line.
class JsonlWriter {
 public:
  /// `out` must outlive the writer.
  explicit JsonlWriter(std::ostream& out) : out_(out) {}

  /// Throws Error when the stream refuses it, a full disk for one.
  void write(const Json& value);
  /// Hands everything on to the system. Throws Error.
  void flush();

 private:
  void check() const;

  std::ostream& out_;
};

}  // namespace gliner
