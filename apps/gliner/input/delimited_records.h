#pragma once

#include <memory>
#include <string>
#include <vector>

#include "input/line_reader.h"
#include "input/records.h"

namespace gliner::cli {

/// Rows of comma- or tab-separated values (RFC 4180): quotes, doubled quotes and line ends within quotes; LF
/// or CRLF. A row that breaks the rules costs its first line only: reading goes on with the next line, so
/// that a stray quote does not swallow the rows behind it.
class DelimitedReader {
 public:
  struct Row {
    std::vector<std::string> cells;
    std::string error;            ///< Not empty: what is wrong; `cells` are then of no use.
    std::size_t line_number = 0;  ///< Of its first line, from 1.
  };

  DelimitedReader(const std::string& path, char delimiter, std::size_t max_row_bytes);

  /// False at the end. Blank lines are no rows.
  bool next(Row& row);

  const ByteSource& source() const { return lines_.source(); }

 private:
  struct Line {
    std::string text;  // with its end
    std::size_t number = 0;
    bool too_long = false;
  };

  bool take_line(Line& line);
  void give_back(std::vector<Line>& lines);

  LineReader lines_;
  char delimiter_;
  std::size_t max_row_bytes_;
  std::vector<Line> given_back_;  // last first
};

/// Records of a file whose first row names its columns. Throws UsageError when the column of the text is
/// missing.
std::unique_ptr<RecordReader> open_delimited(const InputOptions& options, char delimiter);

}  // namespace gliner::cli
