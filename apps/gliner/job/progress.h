#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "job/tally.h"
#include "measurement.h"

namespace gliner::cli {

/// How far the input is read, for the share that is done.
struct InputPosition {
  std::uint64_t bytes = 0;
  std::optional<std::uint64_t> all_bytes;  ///< Absent: not known.
};

/// The line of a progress bar: "42% |####    | 1200 rows, 30.1 rows/s, 2210 tokens/s, ETA 0:31, 2 errors, 1
/// cut". `before`: what was done when the clock started; `seconds`: since then.
std::string progress_line(const Tally& now, const Tally& before, const InputPosition& position,
                          const InputPosition& begin, double seconds);

/// "1:02:03", or "2:03" below an hour.
std::string clock_time(double seconds);

/// Tells a waiting person how far a job has come: a bar on a terminal, else a line a minute.
/// One thread at a time.
class Progress {
 public:
  enum class Kind { kNone, kBar, kLines };

  /// What suits standard error, standard output and the level of messages. `rows_on_terminal`: rows go to the
  /// same terminal, where a bar would be in their way.
  static Kind choose(bool rows_on_terminal);

  Progress(Kind kind, const Tally& before, const InputPosition& begin);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(const Tally& now, const InputPosition& position);

 private:
  Kind kind_;
  Tally before_;
  InputPosition begin_;
  Clock::time_point started_ = Clock::now();
  Clock::time_point shown_ = started_;
};

}  // namespace gliner::cli
