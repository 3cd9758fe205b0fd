#include "job/pipeline.h"

#include <exception>
#include <thread>
#include <utility>

#include "exit_code.h"
#include "interrupt.h"
#include "job/bounded_queue.h"
#include "job/input_digest.h"
#include "log.h"

namespace gliner::cli {
namespace {

constexpr std::size_t kMaxRowsAhead = 1024;
constexpr std::size_t kMaxBytesAhead = std::size_t{16} << 20;
constexpr std::size_t kMaxWindowsBehind = 4;

std::size_t weight_of(const InputRecord& record) {
  return sizeof(InputRecord) + record.text.size() + record.place.size() +
         (record.schema ? record.schema->size() : 0) + (record.error ? record.error->size() : 0);
}

std::size_t weight_of(const Window& window) {
  std::size_t bytes = 0;
  for (const InputRecord& record : window.records) bytes += weight_of(record);
  return bytes;
}

/// A thread with one task whose exception is kept for the thread that joins it.
class Stage {
 public:
  explicit Stage(std::function<void()> task)
      : thread_([this, task = std::move(task)] {
          try {
            task();
          } catch (...) {
            failure_ = std::current_exception();
          }
        }) {}

  std::exception_ptr join() {
    thread_.join();
    return failure_;
  }

 private:
  std::exception_ptr failure_;
  std::thread thread_;
};

void skip_done_rows(RecordReader& reader, const StartingPoint& start, InputDigest& digest) {
  InputRecord record;
  for (std::size_t row = 0; row < start.rows; ++row) {
    if (!reader.next(record)) {
      if (interrupt_signal() != 0) return;
      throw UsageError(fmt::format(
          "--resume: {} rows were done, but the input has only {}: it is another one", start.rows, row));
    }
    digest.add(record);
  }
  if (start.rows > 0 && digest.value() != start.input_digest) {
    throw UsageError(fmt::format(
        "--resume: the first {} rows of the input are not those that were done: it is another one, or was "
        "changed",
        start.rows));
  }
}

/// Cuts the records of a queue into windows.
class WindowCutter {
 public:
  WindowCutter(BoundedQueue<InputRecord>& records, const WindowLimits& limits, bool live,
               std::size_t first_row, InputDigest& digest)
      : records_(records), limits_(limits), live_(live), next_row_(first_row), digest_(digest) {}

  /// False at the end of the input.
  bool next(Window& window) {
    window = Window();
    window.first_row = next_row_;
    std::size_t bytes = 0;
    InputRecord record;
    while (!is_full(window.records.size(), bytes)) {
      // Somebody may be waiting for the answers at the other end of the pipe.
      const bool may_wait = !live_ || window.records.size() < limits_.batch_size;
      if (!(may_wait ? records_.pop(record) : records_.pop_at_hand(record))) break;
      digest_.add(record);
      bytes += record.text.size();
      window.source_bytes = record.source_bytes;
      window.records.push_back(std::move(record));
    }
    window.full = is_full(window.records.size(), bytes);
    next_row_ += window.records.size();
    window.input_digest = digest_.value();
    return !window.records.empty();
  }

 private:
  bool is_full(std::size_t rows, std::size_t bytes) const {
    return rows > 0 && rows % limits_.batch_size == 0 &&
           (rows >= limits_.max_rows || bytes >= limits_.max_bytes);
  }

  BoundedQueue<InputRecord>& records_;
  WindowLimits limits_;
  bool live_;
  std::size_t next_row_;
  InputDigest& digest_;
};

}  // namespace

void run_stages(const Stages& stages, const WindowLimits& limits, const StartingPoint& start) {
  allow_reading();
  InputDigest digest;
  skip_done_rows(stages.reader, start, digest);

  BoundedQueue<InputRecord> records(kMaxRowsAhead, kMaxBytesAhead);
  BoundedQueue<Window> windows(kMaxWindowsBehind, kMaxBytesAhead);
  Stage reading([&] {
    try {
      InputRecord record;
      while (stages.reader.next(record)) {
        const std::size_t bytes = weight_of(record);
        if (!records.push(std::move(record), bytes)) break;
      }
    } catch (...) {
      records.close();
      throw;
    }
    records.close();
  });
  Stage writing([&] {
    try {
      Window window;
      while (windows.pop(window) && stages.write(window)) continue;
    } catch (...) {
      windows.cancel();
      stop_reading();
      throw;
    }
    windows.cancel();
    stop_reading();  // it may be waiting for a record that nobody needs any more
  });

  std::exception_ptr extracting;
  try {
    WindowCutter cutter(records, limits, stages.reader.is_live(), start.rows, digest);
    Window window;
    while (cutter.next(window) && !is_reading_stopped()) {
      stages.extract(window);
      const std::size_t bytes = weight_of(window);
      if (!windows.push(std::move(window), bytes)) break;
    }
  } catch (...) {
    extracting = std::current_exception();
  }
  windows.close();
  const std::exception_ptr wrote = writing.join();
  records.cancel();
  stop_reading();
  const std::exception_ptr read = reading.join();
  allow_reading();
  for (const std::exception_ptr& failure : {read, extracting, wrote}) {
    if (failure) std::rethrow_exception(failure);
  }
}

}  // namespace gliner::cli
