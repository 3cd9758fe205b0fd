#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "job/tally.h"

namespace gliner::cli {

/// How far a job has come: up to here the output is complete and on the disk.
struct Checkpoint {
  Tally tally;
  std::uint64_t output_bytes = 0;
  std::uint64_t report_bytes = 0;  ///< Of OutputOptions::report.
  std::string input_digest;        ///< Of the `tally.rows` first records (InputDigest).
};

/// The small file OUTPUT.journal beside an output that is being written. Its first line describes the job,
/// every further one is a checkpoint, but for the checksum of the model in front of the first of them. Each
/// has a checksum of its own; a last line that was cut short by a crash does not count. It appears whole or
/// not at all, and goes away when the job is done.
class Journal {
 public:
  /// What a journal says.
  struct Contents {
    nlohmann::ordered_json job;
    std::string model;  ///< ModelChecksum::digest; empty: not known yet.
    Checkpoint last;    ///< All zero when there is none yet.
  };

  static std::string path_of(const std::string& output) { return output + ".journal"; }

  /// Absent when there is no such file. Throws UsageError when it is not a journal.
  static std::optional<Contents> read(const std::string& path);

  /// Begins a journal; an old one is replaced. Throws IoError.
  static Journal create(const std::string& path, const nlohmann::ordered_json& job);
  /// Goes on with one behind its last whole line. Throws IoError.
  static Journal append_to(const std::string& path);

  Journal(Journal&& other) noexcept;
  Journal& operator=(Journal&&) = delete;
  ~Journal();

  /// Adds the checksum of the model. Throws IoError.
  void add_model(const std::string& digest);
  /// Adds a checkpoint and waits until it is on the disk. The output must be there already. Throws IoError.
  void add(const Checkpoint& checkpoint);
  /// The job is done.
  void remove();

 private:
  Journal(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  std::string path_;
  int fd_;
};

}  // namespace gliner::cli
