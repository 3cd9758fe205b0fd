#pragma once

#include <stdexcept>
#include <string>

namespace gliner::cli {

/// What the command tells its caller; documented in `--help` and docs/cli.md. Anything above 3 is 128 plus
/// the number of the signal that ended the run.
enum ExitCode : int {
  kDone = 0,           ///< Every record has a result.
  kRecordsFailed = 1,  ///< Some records have an error row instead, or reading or writing broke off.
  kUsage = 2,          ///< Wrong options, schema or input file; nothing was extracted.
  kModel = 3,          ///< The model could not be fetched or loaded.
};

/// The command line asks for something impossible. Ends the command with kUsage.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Records cannot be read, or rows written, to the end (a full disk, a lost mount). Ends the command with
/// kRecordsFailed.
class IoError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace gliner::cli
