#include "input/line_reader.h"

#include "interrupt.h"

namespace gliner::cli {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;

}  // namespace

LineReader::LineReader(const std::string& path, std::size_t max_bytes, LineEnds ends)
    : source_(path), max_bytes_(max_bytes), ends_(ends) {}

bool LineReader::fill() {
  buffer_.resize(kBufferBytes);
  std::size_t count = 0;
  position_ = 0;
  try {
    count = source_.read(buffer_.data(), kBufferBytes);
  } catch (...) {
    buffer_.clear();
    throw;
  }
  buffer_.resize(count);
  return !buffer_.empty();
}

void LineReader::finish_line(std::string& line) const {
  if (ends_ == LineEnds::kRemove && !line.empty() && line.back() == '\r') line.pop_back();
  if (line_number_ == 1) remove_byte_order_mark(line);
}

LineReader::Status LineReader::next(std::string& line) {
  line.clear();
  bool too_long = false;
  bool any = false;
  while (true) {
    if (position_ == buffer_.size() && !fill()) {
      // A stop that was asked for in the middle of a line leaves half a record: not worth an answer.
      if (!any || is_reading_stopped()) return Status::kEnd;
      break;
    }
    any = true;
    const std::size_t end = buffer_.find('\n', position_);
    const std::size_t stop = end == std::string::npos ? buffer_.size() : end;
    if (line.size() + (stop - position_) > max_bytes_) {
      too_long = true;
      std::string().swap(line);
    }
    if (!too_long) line.append(buffer_, position_, stop - position_);
    position_ = end == std::string::npos ? stop : stop + 1;
    if (end == std::string::npos) continue;
    if (ends_ == LineEnds::kKeep && !too_long) line += '\n';
    break;
  }
  ++line_number_;
  if (too_long) return Status::kTooLong;
  finish_line(line);
  return Status::kLine;
}

}  // namespace gliner::cli
