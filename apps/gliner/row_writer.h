#pragma once

#include <string>

namespace gliner::cli {

/// Writes rows to a file or to standard output. Rows reach the file at each `flush`, so that a run that is
/// stopped keeps what it did.
class RowWriter {
 public:
  /// `path` "-": standard output. Replaces an existing file. Throws UsageError when it cannot be written, or
  /// when it is the file `input_path` that is being read.
  RowWriter(const std::string& path, const std::string& input_path, bool pretty);
  ~RowWriter();
  RowWriter(const RowWriter&) = delete;
  RowWriter& operator=(const RowWriter&) = delete;

  /// Takes one row of JSON on one line, without the line end.
  void write(const std::string& row);

  /// False when the reader of standard output has gone away. Throws IoError on any other failure.
  bool flush();

 private:
  std::string name_;
  bool pretty_;
  int fd_ = -1;
  std::string pending_;
};

}  // namespace gliner::cli
