#include "input/plain_text.h"

#include <utility>

#include "log.h"

namespace gliner::cli {

void take_text(std::string text, InputRecord& record) {
  if (text.empty()) {
    record.error = "the text is empty";
    return;
  }
  const std::size_t nul = text.find('\0');
  if (nul == std::string::npos) {
    record.text = std::move(text);
  } else {
    record.error = fmt::format("a NUL at byte {}: this is not text", nul);
  }
}

void remove_last_line_end(std::string& text) {
  if (!text.empty() && text.back() == '\n') text.pop_back();
  if (!text.empty() && text.back() == '\r') text.pop_back();
}

std::string too_long_error(const InputOptions& options) {
  return fmt::format("longer than {} bytes; see --max-record-bytes", options.max_record_bytes);
}

}  // namespace gliner::cli
