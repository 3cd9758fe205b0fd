#include "log.h"

#include <cstdio>
#include <mutex>

#include "exit_code.h"

namespace gliner::cli {
namespace {

LogLevel g_level = LogLevel::kWarning;
std::mutex g_mutex;         // of standard error
std::string g_status_line;  // what is shown of it
constexpr const char* kEraseLine = "\r\x1B[K";

std::string_view level_name(LogLevel level) {
  switch (level) {
    case LogLevel::kError:
      return "error";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kDebug:
      return "debug";
  }
  return "";
}

}  // namespace

LogLevel parse_log_level(std::string_view name) {
  for (LogLevel level : {LogLevel::kError, LogLevel::kWarning, LogLevel::kInfo, LogLevel::kDebug}) {
    if (name == level_name(level)) return level;
  }
  throw UsageError(fmt::format("unknown log level \"{}\": expected error, warning, info or debug", name));
}

void set_log_level(LogLevel level) { g_level = level; }

bool is_logged(LogLevel level) { return level <= g_level; }

void set_status_line(const std::string& text) {
  const std::lock_guard<std::mutex> lock(g_mutex);
  if (text == g_status_line) return;
  g_status_line = text;
  const std::string bytes = kEraseLine + text;
  std::fwrite(bytes.data(), 1, bytes.size(), stderr);
}

void log_line(LogLevel level, const std::string& message) {
  if (!is_logged(level)) return;
  const std::lock_guard<std::mutex> lock(g_mutex);
  std::string line = fmt::format("gliner: {}: {}\n", level_name(level), message);
  if (!g_status_line.empty()) line = kEraseLine + line + g_status_line;
  std::fwrite(line.data(), 1, line.size(), stderr);
}

}  // namespace gliner::cli
