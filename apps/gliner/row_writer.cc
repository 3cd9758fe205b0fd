#include "row_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "exit_code.h"
#include "log.h"

namespace gliner::cli {
namespace {

bool is_same_file(const std::string& a, const std::string& b) {
  struct stat first = {};
  struct stat second = {};
  return stat(a.c_str(), &first) == 0 && stat(b.c_str(), &second) == 0 && S_ISREG(first.st_mode) &&
         first.st_dev == second.st_dev && first.st_ino == second.st_ino;
}

}  // namespace

RowWriter::RowWriter(const std::string& path, const std::string& input_path, bool pretty) : pretty_(pretty) {
  if (path == "-") {
    name_ = "standard output";
    fd_ = STDOUT_FILENO;
    return;
  }
  name_ = path;
  if (is_same_file(path, input_path)) throw UsageError(fmt::format("-o {} is the input itself", path));
  fd_ = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (fd_ < 0) throw UsageError(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
}

RowWriter::~RowWriter() {
  if (fd_ > STDERR_FILENO) close(fd_);
}

void RowWriter::write(const std::string& row) {
  pending_ += pretty_ ? nlohmann::ordered_json::parse(row).dump(2) : row;
  pending_ += '\n';
}

bool RowWriter::flush() {
  std::size_t written = 0;
  while (written < pending_.size()) {
    const ssize_t count = ::write(fd_, pending_.data() + written, pending_.size() - written);
    if (count >= 0) {
      written += static_cast<std::size_t>(count);
    } else if (errno == EPIPE) {
      return false;
    } else if (errno != EINTR) {
      throw IoError(fmt::format("cannot write {}: {}", name_, std::strerror(errno)));
    }
  }
  pending_.clear();
  return true;
}

}  // namespace gliner::cli
