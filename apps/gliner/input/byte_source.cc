#include "input/byte_source.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
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

}  // namespace

void remove_byte_order_mark(std::string& text) {
  if (text.compare(0, kByteOrderMark.size(), kByteOrderMark) == 0) text.erase(0, kByteOrderMark.size());
}

ByteSource::ByteSource(const std::string& path) {
  if (path == "-") {
    name_ = "standard input";
    fd_ = STDIN_FILENO;
  } else {
    name_ = path;
    fd_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd_ < 0) throw UsageError(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  }
  struct stat status = {};
  if (fstat(fd_, &status) != 0) return;
  live_ = !S_ISREG(status.st_mode) && !S_ISBLK(status.st_mode);
  if (S_ISDIR(status.st_mode)) {
    if (fd_ > STDIN_FILENO) close(fd_);
    throw UsageError(fmt::format("cannot read {}: it is a folder; expected a file", name_));
  }
}

ByteSource::~ByteSource() {
  if (fd_ > STDIN_FILENO) close(fd_);
}

std::optional<std::uint64_t> ByteSource::size() const {
  struct stat status = {};
  if (fstat(fd_, &status) != 0 || !S_ISREG(status.st_mode)) return {};
  return static_cast<std::uint64_t>(status.st_size);
}

/// Reads on from the file behind what is pending. False at its end.
bool ByteSource::fill() {
  pending_.erase(0, pending_at_);
  pending_at_ = 0;
  const std::size_t before = pending_.size();
  pending_.resize(before + kBufferBytes);
  ssize_t count = -1;
  do {
    count = wait_readable(fd_) ? ::read(fd_, pending_.data() + before, kBufferBytes) : 0;
  } while (count < 0 && errno == EINTR);
  pending_.resize(before + static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
  if (count < 0) throw IoError(fmt::format("cannot read {}: {}", name_, std::strerror(errno)));
  position_ += static_cast<std::uint64_t>(count);
  return count > 0;
}

void ByteSource::look_at_first_bytes() {
  begun_ = true;
  // One byte is enough to tell most texts from compressed data, and a pipe may be slow to bring the next.
  while (pending_.size() < kMagicBytes && (pending_.empty() || may_be_compressed(pending_)) && fill())
    continue;
  decompressor_ = make_decompressor(pending_);
}

std::size_t ByteSource::read(char* buffer, std::size_t size) {
  if (!begun_) look_at_first_bytes();
  return decompressor_ ? read_compressed(buffer, size) : read_plain(buffer, size);
}

std::size_t ByteSource::read_plain(char* buffer, std::size_t size) {
  if (pending_at_ == pending_.size() && !fill()) return 0;
  const std::size_t count = pending_.copy(buffer, size, pending_at_);
  pending_at_ += count;
  return count;
}

std::size_t ByteSource::read_compressed(char* buffer, std::size_t size) {
  while (true) {
    const std::string_view input = std::string_view(pending_).substr(pending_at_);
    Decompressor::Step step;
    try {
      step = decompressor_->step(input, buffer, size);
    } catch (const IoError& error) {
      throw IoError(fmt::format("cannot read {}: {}", name_, error.what()));
    }
    pending_at_ += step.taken;
    if (step.given > 0) return step.given;
    if (pending_at_ < pending_.size() && step.taken > 0) continue;
    if (fill()) continue;
    if (!is_reading_stopped() && !decompressor_->is_at_end()) {
      throw IoError(
          fmt::format("cannot read {}: the compressed data breaks off after {} bytes", name_, position_));
    }
    return 0;
  }
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
