#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <vector>

#include "gliner/result.h"
#include "input/records.h"

namespace gliner::cli {

/// Consecutive records that are extracted in one call, so that the library can sort and pack them, and that
/// are written together. Where a window ends depends on the records alone, never on the time: a run that goes
/// on behind a window sees the same windows, and so gives the same answers to the last bit, as one that was
/// never stopped. (Records that arrive on a pipe are the exception: they are not kept waiting.)
struct Window {
  std::size_t first_row = 0;  ///< Number of its first record in the input.
  std::vector<InputRecord> records;
  std::vector<Result> results;     ///< One per record, once extracted.
  std::string input_digest;        ///< Of the input up to the end of the window; see InputDigest.
  std::uint64_t source_bytes = 0;  ///< Bytes of the input that were read up to its end.
  bool full = false;               ///< False: the end of the input, or a failure to read it, cut it short.
};

/// When a window is full.
struct WindowLimits {
  std::size_t batch_size = 8;     ///< It ends at a multiple of so many records (or at the end of the input),
  std::size_t max_rows = 64;      ///< once it has so many records
  std::size_t max_bytes = 65536;  ///< or so many bytes of text.
};

/// The three stages of a job. They run at the same time: records are read and rows are written while the
/// model works. What waits between them is bounded in rows and in bytes, so memory does not grow with the
/// input.
struct Stages {
  RecordReader& reader;  ///< Called by a thread of its own.
  /// Fills `results`; called by the thread of run_stages.
  std::function<void(Window&)> extract;
  /// Takes a window in input order, called by a thread of its own. False: nothing more can be written, which
  /// is no failure (a reader of standard output that went away, a limit of failed records).
  std::function<bool(const Window&)> write;
};

/// Where a job begins: what an earlier run of it has done already.
struct StartingPoint {
  std::size_t rows = 0;
  std::string input_digest;  ///< Of those rows; checked.
};

/// Runs the stages to the end of the input, until `write` gives up, or until a signal asks to stop (the
/// window in hand is finished, what was read ahead is dropped). Skips the rows that are done. Throws what a
/// stage threw, the earliest stage first, after everything before the failure was written; UsageError when
/// the rows that are done are not those of the input.
void run_stages(const Stages& stages, const WindowLimits& limits, const StartingPoint& start);

}  // namespace gliner::cli
