#include "pull_progress.h"

#include <unistd.h>

#include <chrono>

#include "log.h"

namespace gliner::cli {
namespace {

double now_seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

std::string bar(double share) {
  constexpr int kWidth = 24;
  const int full = static_cast<int>(share * kWidth);
  return std::string(static_cast<std::size_t>(full), '#') +
         std::string(static_cast<std::size_t>(kWidth - full), '.');
}

}  // namespace

std::string readable_bytes(std::uint64_t bytes) {
  const double value = static_cast<double>(bytes);
  if (value >= 1e9) return fmt::format("{:.2f} GB", value / 1e9);
  if (value >= 1e6) return fmt::format("{:.1f} MB", value / 1e6);
  if (value >= 1e3) return fmt::format("{:.1f} kB", value / 1e3);
  return fmt::format("{} B", bytes);
}

PullDisplay::PullDisplay() : is_terminal_(isatty(STDERR_FILENO) == 1), begin_seconds_(now_seconds()) {}

PullDisplay::~PullDisplay() { set_status_line(""); }

void PullDisplay::show(const PullProgress& progress) {
  if (progress.waiting != waiting_) {
    waiting_ = progress.waiting;
    if (!waiting_.empty()) log_warning("{}", waiting_);
  }
  if (progress.file != file_) {
    file_ = progress.file;
    if (!file_.empty()) log_debug("fetching {}", file_);
  }
  const double now = now_seconds();
  if (!is_terminal_ || !is_logged(LogLevel::kWarning) || now - last_seconds_ < 0.1) return;
  last_seconds_ = now;
  const double share =
      progress.total == 0 ? 0.0 : static_cast<double>(progress.bytes) / static_cast<double>(progress.total);
  const double rate = static_cast<double>(progress.downloaded) / (now - begin_seconds_ + 1e-3);
  const std::string line = progress.total == 0
                               ? std::string("asking the hub")
                               : fmt::format("[{}] {:3.0f} %  {} of {}, {}/s  {}", bar(share), share * 100,
                                             readable_bytes(progress.bytes), readable_bytes(progress.total),
                                             readable_bytes(static_cast<std::uint64_t>(rate)), progress.file);
  set_status_line(line);
}

}  // namespace gliner::cli
