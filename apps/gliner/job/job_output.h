#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "job/journal.h"
#include "job/model_checksum.h"
#include "measurement.h"
#include "options.h"
#include "output/output_file.h"
#include "output/row_format.h"

namespace gliner::cli {

/// The output of a job with its companions: a report, where one is asked for; the journal while it is
/// written, from which --resume goes on; and the manifest once it is complete. Journal and manifest are left
/// out where they would be of no use: standard output, texts of the command line, --no-journal. Of a format
/// that is assembled at the end (RowFormat::is_assembled) the rows lie in a file of their own until then,
/// OUTPUT.rows, and the output appears whole or not at all.
///
/// Whatever happens at whatever byte, one of these holds: the output is empty; the journal tells a prefix of
/// the output that is on the disk; the manifest tells that it is complete.
class JobOutput {
 public:
  /// True when the options ask for a journal and can have one.
  static bool wants_journal(const ExtractionOptions& options);

  /// Opens the output, and empties it or, with --resume, finds out what is done. `job`: describe_job;
  /// `model`: null without a journal; else it and `format` must outlive this. Throws UsageError when --resume
  /// does not fit to what is there, and IoError.
  JobOutput(const ExtractionOptions& options, const RowFormat& format, nlohmann::ordered_json job,
            const ModelChecksum* model);

  bool has_report() const { return report_.has_value(); }
  /// What earlier runs have done; zero for a new job.
  const Checkpoint& start() const { return start_; }
  /// The earlier run came to its end: nothing is left to do.
  bool is_complete() const { return complete_; }
  bool has_journal() const { return wants_journal_; }

  /// Drops what lies behind `start` and goes on from there. Until then an earlier run's file stays as it is.
  /// Call once, before anything is appended. Throws IoError.
  void go_on();

  void append(std::string_view rows) { file_.append(rows); }
  /// Only with has_report().
  void append_report(std::string_view rows) { report_->append(rows); }
  /// A place between two windows: writes what is due. False when a reader of the output, or of the report,
  /// has gone away. Throws IoError on any other failure; a file then ends with a whole row.
  bool flush();
  /// The end of the job, or of this run of it: writes all.
  bool finish();

  /// Everything appended up to here belongs to whole windows and was flushed: a later run may go on from
  /// here. Writes it into the journal when enough time has passed.
  void checkpoint(const Tally& tally, const std::string& input_digest);

  /// Nothing more will be appended. `done`: the input came to its end; assembles the output where it has to
  /// be, writes the manifest and removes the journal. A job that was stopped keeps its journal, with the last
  /// place that it can go on from; where it has none, the output is assembled of the rows that there are.
  void complete(const Tally& tally, bool done);
  /// Nothing was done and nothing will be: leaves no journal of it.
  void abandon();

 private:
  void begin();
  void resume();
  bool resume_complete();
  void check_fit(const nlohmann::ordered_json& job, const std::string& companion) const;
  nlohmann::ordered_json job_with_model(const std::string& digest) const;
  void write_checkpoint();
  void assemble();

  const RowFormat& format_;
  std::string name_;  // as it was given
  std::string path_;  // where it lies
  OutputFile file_;   // of the rows
  std::optional<OutputFile> report_;
  std::string input_path_;
  std::chrono::duration<double> interval_;
  bool wants_journal_;
  nlohmann::ordered_json job_;
  const ModelChecksum* model_;
  std::optional<Journal> journal_;
  bool model_is_noted_ = false;
  Checkpoint start_;
  std::optional<Checkpoint> due_;  // not in the journal yet
  bool complete_ = false;
  Clock::time_point last_checkpoint_ = Clock::now();
};

}  // namespace gliner::cli
