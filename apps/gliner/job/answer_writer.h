#pragma once

#include <optional>
#include <string>

#include "extraction.h"
#include "job/job_output.h"
#include "job/pipeline.h"
#include "job/progress.h"

namespace gliner::cli {

/// The last stage of a job: answers become rows, rows a file, or two of them.
class AnswerWriter {
 public:
  /// All must outlive this. `max_errors`: see JobOptions.
  AnswerWriter(JobOutput& output, const JobWork& work, Progress& progress,
               std::optional<std::size_t> max_errors, std::optional<std::uint64_t> input_bytes);

  /// False when nothing more can or shall be written. Throws IoError.
  bool write(const Window& window);
  /// Writes what is left behind the last window. Throws IoError.
  void finish();

  const Tally& tally() const { return tally_; }
  bool has_reader() const { return has_reader_; }
  bool has_too_many_errors() const { return too_many_errors_; }

 private:
  /// Opens the files for rows; not before the first of them is there.
  void begin();
  /// False: the limit of failed rows is exceeded.
  bool append(const Row& row);
  /// Appends what `text_of` says of each format to its file.
  template <typename TextOf>
  void append_text(TextOf text_of);

  JobOutput& output_;
  const JobWork& work_;
  Progress& progress_;
  std::optional<std::size_t> max_errors_;
  std::optional<std::uint64_t> input_bytes_;
  Tally tally_;
  bool begun_ = false;
  bool has_reader_ = true;
  bool too_many_errors_ = false;
};

}  // namespace gliner::cli
