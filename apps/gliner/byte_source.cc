#include "byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string_view>

#include "exit_code.h"
#include "interrupt.h"
#include "log.h"

namespace gliner::cli {
namespace {

constexpr std::size_t kBufferBytes = 64 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

void remove_byte_order_mark(std::string& text) {
  if (text.compare(0, kByteOrderMark.size(), kByteOrderMark) == 0) text.erase(0, kByteOrderMark.size());
}

}  // namespace

ByteSource::ByteSource(const std::string& path) {
  if (path == "-") {
    name_ = "standard input";
    fd_ = STDIN_FILENO;
    return;
  }
  name_ = path;
  fd_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd_ < 0) throw UsageError(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  struct stat status = {};
  if (fstat(fd_, &status) == 0 && S_ISDIR(status.st_mode)) {
    close(fd_);
    throw UsageError(
        fmt::format("cannot read {}: it is a folder; expected a .jsonl, .json or text file", path));
  }
}

ByteSource::~ByteSource() {
  if (fd_ > STDIN_FILENO) close(fd_);
}

std::size_t ByteSource::read(char* buffer, std::size_t size) {
  while (true) {
    if (!wait_readable(fd_)) return 0;
    const ssize_t count = ::read(fd_, buffer, size);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno != EINTR) throw IoError(fmt::format("cannot read {}: {}", name_, std::strerror(errno)));
  }
}

LineReader::LineReader(const std::string& path, std::size_t max_bytes)
    : source_(path), max_bytes_(max_bytes) {}

bool LineReader::fill() {
  buffer_.resize(kBufferBytes);
  buffer_.resize(source_.read(buffer_.data(), kBufferBytes));
  position_ = 0;
  return !buffer_.empty();
}

void LineReader::finish_line(std::string& line) const {
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line_number_ == 1) remove_byte_order_mark(line);
}

LineReader::Status LineReader::next(std::string& line) {
  line.clear();
  bool too_long = false;
  bool any = false;
  while (true) {
    if (position_ == buffer_.size() && !fill()) {
      // A stop that was asked for in the middle of a line leaves half a record: not worth an answer.
      if (!any || interrupt_signal() != 0) return Status::kEnd;
      break;
    }
    any = true;
    const std::size_t end = buffer_.find('\n', position_);
    const std::size_t stop = end == std::string::npos ? buffer_.size() : end;
    if (line.size() + (stop - position_) > max_bytes_) {
      too_long = true;
      line.clear();
    }
    if (!too_long) line.append(buffer_, position_, stop - position_);
    position_ = end == std::string::npos ? stop : stop + 1;
    if (end != std::string::npos) break;
  }
  ++line_number_;
  if (too_long) return Status::kTooLong;
  finish_line(line);
  return Status::kLine;
}

std::string read_all(const std::string& path, std::size_t max_bytes) {
  ByteSource source(path);
  std::string text;
  std::string buffer(kBufferBytes, '\0');
  while (const std::size_t count = source.read(buffer.data(), buffer.size())) {
    if (count > max_bytes - text.size()) {
      throw UsageError(fmt::format("{} is longer than {} bytes: split it, or give records as .jsonl",
                                   source.name(), max_bytes));
    }
    text.append(buffer, 0, count);
  }
  remove_byte_order_mark(text);
  return text;
}

}  // namespace gliner::cli
