#pragma once

#include <optional>

#include "job/job_output.h"
#include "job/pipeline.h"
#include "job/progress.h"
#include "output/row_format.h"

namespace gliner::cli {

/// The last stage of a job: answers become rows, rows a file.
class AnswerWriter {
 public:
  /// All must outlive this. `max_errors`: see JobOptions.
  AnswerWriter(JobOutput& output, const RowFormat& format, Progress& progress,
               std::optional<std::size_t> max_errors, std::optional<std::uint64_t> input_bytes);

  /// False when nothing more can or shall be written. Throws IoError.
  bool write(const Window& window);
  /// Writes what is left behind the last window. Throws IoError.
  void finish();

  const Tally& tally() const { return tally_; }
  bool has_reader() const { return has_reader_; }
  bool has_too_many_errors() const { return too_many_errors_; }

 private:
  /// Opens the file for rows; not before the first of them is there.
  void begin();
  /// False: the limit of failed rows is exceeded.
  bool append(const Row& row);

  JobOutput& output_;
  const RowFormat& format_;
  Progress& progress_;
  std::optional<std::size_t> max_errors_;
  std::optional<std::uint64_t> input_bytes_;
  Tally tally_;
  std::string input_digest_;  // up to the last window that may be a checkpoint
  Tally checkpoint_tally_;    // at the same place
  bool checkpoint_pending_ = false;
  bool begun_ = false;
  bool has_reader_ = true;
  bool too_many_errors_ = false;
};

}  // namespace gliner::cli
