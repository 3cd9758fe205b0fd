#pragma once

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <utility>

namespace gliner::cli {

/// Messages for the person at the terminal go to standard error; standard output holds results only.
enum class LogLevel { kError, kWarning, kInfo, kDebug };

/// Reads "error", "warning", "info" or "debug"; throws UsageError on anything else.
LogLevel parse_log_level(std::string_view name);

/// Sets the level of the process. Default: kWarning.
void set_log_level(LogLevel level);

/// True if messages of `level` are asked for.
bool is_logged(LogLevel level);

/// Shows `text` as the last line of the terminal on standard error, in place of the one before; messages go
/// above it. Empty: takes it away.
void set_status_line(const std::string& text);

/// Writes one line "gliner: LEVEL: message" if `level` is asked for. Safe to call from any thread.
void log_line(LogLevel level, const std::string& message);

template <typename... Args>
void log_error(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::kError, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void log_warning(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::kWarning, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void log_info(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::kInfo, fmt::format(format, std::forward<Args>(args)...));
}
template <typename... Args>
void log_debug(fmt::format_string<Args...> format, Args&&... args) {
  log_line(LogLevel::kDebug, fmt::format(format, std::forward<Args>(args)...));
}

}  // namespace gliner::cli
