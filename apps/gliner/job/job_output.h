#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "job/journal.h"
#include "measurement.h"
#include "options.h"
#include "output/output_file.h"

namespace gliner::cli {

/// The output of a job with its two companions: the journal while it is written, from which --resume goes on,
/// and the manifest once it is complete. Both are left out where they would be of no use: standard output,
/// texts of the command line, --no-journal.
///
/// Whatever happens at whatever byte, one of these holds: the output is empty; the journal tells a prefix of
/// the output that is on the disk; the manifest tells that it is complete.
class JobOutput {
 public:
  /// True when the options ask for a journal and can have one.
  static bool wants_journal(const ExtractionOptions& options);

  /// Opens the output, and empties it or, with --resume, finds out what is done. `job`: describe_job;
  /// `model_files`: for the manifest. Both are not used without a journal. Throws UsageError when --resume
  /// does not fit to what is there, and IoError.
  JobOutput(const ExtractionOptions& options, nlohmann::ordered_json job, nlohmann::ordered_json model_files);

  OutputFile& file() { return file_; }
  /// What earlier runs have done; zero for a new job.
  const Checkpoint& start() const { return start_; }
  /// The earlier run came to its end: nothing is left to do.
  bool is_complete() const { return complete_; }
  bool has_journal() const { return wants_journal_; }

  /// Drops what lies behind `start` and goes on from there. Until then an earlier run's file stays as it is.
  /// Call once, before anything is appended. Throws IoError.
  void go_on();

  /// Everything appended up to here belongs to a whole window and was flushed. Writes it into the journal
  /// when enough time has passed, or `now`.
  void checkpoint(const Tally& tally, const std::string& input_digest, bool now = false);

  /// The job is done and the file finished: writes the manifest, removes the journal.
  void complete(const Tally& tally);
  /// Nothing was done and nothing will be: leaves no journal of it.
  void abandon();

 private:
  void begin();
  void resume();
  void check_fit(const nlohmann::ordered_json& job, const std::string& companion) const;
  bool resume_complete();

  OutputFile file_;
  std::string path_;
  std::string input_path_;
  std::chrono::duration<double> interval_;
  bool wants_journal_;
  nlohmann::ordered_json job_;
  nlohmann::ordered_json model_files_;
  std::optional<Journal> journal_;
  Checkpoint start_;
  bool complete_ = false;
  Clock::time_point last_checkpoint_ = Clock::now();
};

}  // namespace gliner::cli
