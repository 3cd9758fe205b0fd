#include "job/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "log.h"

namespace gliner::cli {
namespace {

constexpr std::chrono::milliseconds kBarInterval{200};
constexpr std::chrono::milliseconds kFirstBar{1000};  // what is done at once needs none
constexpr std::chrono::minutes kLineInterval{1};
constexpr int kBarWidth = 20;

double share_of(const InputPosition& position) {
  const double all = static_cast<double>(*position.all_bytes);
  return all == 0 ? 1 : std::min(static_cast<double>(position.bytes) / all, 1.0);
}

}  // namespace

std::string clock_time(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::llround(std::max(seconds, 0.0)));
  if (whole >= 3600) return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
  return fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string progress_line(const Tally& now, const Tally& before, const InputPosition& position,
                          const InputPosition& begin, double seconds) {
  std::string line;
  if (position.all_bytes) {
    const double share = share_of(position);
    const auto full = static_cast<std::size_t>(std::lround(share * kBarWidth));
    line = fmt::format("{:3.0f}% |{:<{}}| ", std::floor(share * 100), std::string(full, '#'), kBarWidth);
  }
  const double rows = static_cast<double>(now.rows - before.rows);
  const double tokens = static_cast<double>(now.tokens - before.tokens);
  line += fmt::format("{} rows", now.rows);
  if (seconds > 0) line += fmt::format(", {:.1f} rows/s, {:.0f} tokens/s", rows / seconds, tokens / seconds);
  if (position.all_bytes && position.bytes > begin.bytes) {
    const double done = static_cast<double>(position.bytes - begin.bytes);
    const double left =
        static_cast<double>(*position.all_bytes - std::min(position.bytes, *position.all_bytes));
    line += ", ETA " + clock_time(seconds * left / done);
  }
  if (now.failed > 0) line += fmt::format(", {} errors", now.failed);
  if (now.truncated > 0) line += fmt::format(", {} cut", now.truncated);
  return line;
}

Progress::Kind Progress::choose(bool rows_on_terminal) {
  if (!is_logged(LogLevel::kWarning)) return Kind::kNone;  // --quiet
  if (isatty(STDERR_FILENO) == 0) return Kind::kLines;
  return rows_on_terminal ? Kind::kNone : Kind::kBar;
}

Progress::Progress(Kind kind, const Tally& before, const InputPosition& begin)
    : kind_(kind), before_(before), begin_(begin) {}

Progress::~Progress() {
  if (kind_ == Kind::kBar) set_status_line("");
}

void Progress::show(const Tally& now, const InputPosition& position) {
  const Clock::time_point time = Clock::now();
  if (kind_ == Kind::kNone || time - started_ < kFirstBar) return;
  if (time - shown_ <
      (kind_ == Kind::kBar ? Clock::duration(kBarInterval) : Clock::duration(kLineInterval))) {
    return;
  }
  shown_ = time;
  const std::chrono::duration<double> seconds = time - started_;
  const std::string line = progress_line(now, before_, position, begin_, seconds.count());
  if (kind_ == Kind::kBar) {
    set_status_line(line);
  } else {
    log_warning("{}", line);  // the level that is shown by default
  }
}

}  // namespace gliner::cli
