#include "json_argument.h"

#include "exit_code.h"
#include "input/byte_source.h"
#include "log.h"
#include "options.h"

namespace gliner::cli {

std::string read_file_argument(const std::string& path, const std::string& option) {
  try {
    return read_all(path, kMaxRecordBytes);
  } catch (const UsageError& error) {
    throw UsageError(fmt::format("{}: {}", option, error.what()));
  }
}

std::string read_json_argument(const std::string& value, const std::string& option) {
  const std::size_t first = value.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) throw UsageError(option + " is empty: expected JSON or a file with JSON");
  if (value[first] == '[' || value[first] == '{' || value[first] == '"') return value;
  return read_file_argument(value, option);
}

}  // namespace gliner::cli
