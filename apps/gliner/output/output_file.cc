#include "output/output_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "exit_code.h"
#include "log.h"

namespace gliner::cli {
namespace {

/// Rows of one compressed member, before compression: large enough to compress well, small enough that little
/// is done again after a crash.
constexpr std::size_t kMemberBytes = std::size_t{256} << 10;

bool is_same_file(const std::string& a, const std::string& b) {
  struct stat first = {};
  struct stat second = {};
  return stat(a.c_str(), &first) == 0 && stat(b.c_str(), &second) == 0 && S_ISREG(first.st_mode) &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

}  // namespace

OutputFile::OutputFile(const std::string& path, const std::string& input_path)
    : name_(path), compression_(compression_of(path)) {
  if (path == "-") {
    name_ = "standard output";
    fd_ = STDOUT_FILENO;
    return;
  }
  if (is_same_file(path, input_path)) throw UsageError(fmt::format("-o {} is the input itself", path));
  fd_ = open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
  if (fd_ < 0) throw UsageError(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  struct stat status = {};
  regular_ = fstat(fd_, &status) == 0 && S_ISREG(status.st_mode);
  // The lock goes away with the process, however it ends.
  if (regular_ && flock(fd_, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    close(fd_);
    throw UsageError(fmt::format("cannot write {}: another gliner is writing it", path));
  }
}

OutputFile::~OutputFile() {
  if (fd_ > STDERR_FILENO) close(fd_);
}

std::uint64_t OutputFile::size_on_disk() const {
  struct stat status = {};
  return fstat(fd_, &status) == 0 ? static_cast<std::uint64_t>(status.st_size) : 0;
}

void OutputFile::truncate(std::uint64_t bytes) {
  if (!regular_) return;
  if (ftruncate(fd_, static_cast<off_t>(bytes)) != 0 || lseek(fd_, static_cast<off_t>(bytes), SEEK_SET) < 0) {
    throw IoError(fmt::format("cannot shorten {}: {}", name_, std::strerror(errno)));
  }
  bytes_ = bytes;
}

void OutputFile::append(std::string_view rows) { pending_ += rows; }

bool OutputFile::has_full_member() const {
  return compression_ != Compression::kNone && pending_.size() >= kMemberBytes;
}

bool OutputFile::flush(bool end_member) {
  if (compression_ != Compression::kNone && !end_member) return true;
  return write_pending();
}

bool OutputFile::finish() { return write_pending(); }

bool OutputFile::write_pending() {
  if (pending_.empty()) return true;
  if (compression_ != Compression::kNone) pending_ = compress(compression_, pending_);
  std::size_t written = 0;
  while (written < pending_.size()) {
    const ssize_t count = ::write(fd_, pending_.data() + written, pending_.size() - written);
    if (count >= 0) {
      written += static_cast<std::size_t>(count);
    } else if (errno == EPIPE) {
      return false;
    } else if (errno != EINTR) {
      const std::string reason = std::strerror(errno);
      pending_.clear();
      if (regular_ && ftruncate(fd_, static_cast<off_t>(bytes_)) != 0) {
        log_debug("{} ends within a row", name_);
      }
      throw IoError(fmt::format("cannot write {}: {}", name_, reason));
    }
  }
  bytes_ += pending_.size();
  pending_.clear();
  return true;
}

void OutputFile::sync() {
  if (regular_ && fdatasync(fd_) != 0) {
    throw IoError(fmt::format("cannot write {}: {}", name_, std::strerror(errno)));
  }
}

}  // namespace gliner::cli
