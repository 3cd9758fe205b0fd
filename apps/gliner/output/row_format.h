#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "gliner/options.h"
#include "gliner/result.h"
#include "input/records.h"

namespace gliner::cli {

/// One answer as a format gets it.
struct Row {
  std::size_t index = 0;  ///< Number of the record in the input, from 0.
  const InputRecord& record;
  const Result& result;
};

/// A file format for answers. Holds no state, so that a file can be gone on with behind any row. Safe to call
/// from any thread.
class RowFormat {
 public:
  virtual ~RowFormat() = default;
  /// What stands in front of the first row and behind the last one.
  virtual std::string head() const { return ""; }
  virtual std::string foot() const { return ""; }
  /// A row with its end. `row.result` has no error. Throws gliner::Error for a result that has no such form.
  virtual std::string result_row(const Row& row) const = 0;
  /// The row of a record that failed; `message` begins with its place.
  virtual std::string error_row(const Row& row, const std::string& message) const = 0;
  /// True of a format that can be written at the end of the job only. What the functions above give is then
  /// kept in a file of its own, of which `assemble` makes the output.
  virtual bool is_assembled() const { return false; }
  /// Makes the file `path` of the rows in the file `rows`; the same rows give the same bytes. Throws IoError.
  virtual void assemble(const std::string& rows, const std::string& path) const;
  /// The unit of offsets that the format prescribes; absent: any.
  virtual std::optional<OffsetUnit> offset_unit() const { return {}; }
};

/// The format of a file: jsonl, csv, label-studio, spacy, bio or html; "auto" goes by the name of the file.
/// Throws UsageError when an option of JSON lines is given with another format.
std::unique_ptr<RowFormat> make_row_format(const OutputOptions& options);

/// `value` on one line. Messages and ids can quote bytes of a broken input, which JSON cannot hold: they are
/// replaced.
std::string dump_row(const nlohmann::ordered_json& value);

}  // namespace gliner::cli
