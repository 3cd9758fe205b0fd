#include "job/journal.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <utility>

#include "exit_code.h"
#include "input/byte_source.h"
#include "job/statistics.h"
#include "log.h"

namespace gliner::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kFormat = "gliner journal 1";
constexpr std::size_t kMaxJournalBytes = std::size_t{1} << 30;
constexpr std::size_t kChecksumDigits = 8;

/// "checksum json\n"
std::string line_of(const Json& value) {
  const std::string json = value.dump();
  const auto checksum = crc32(0, reinterpret_cast<const Bytef*>(json.data()), static_cast<uInt>(json.size()));
  return fmt::format("{:08x} {}\n", checksum, json);
}

/// Absent when the line is torn.
std::optional<Json> value_of(std::string_view line) {
  if (line.size() <= kChecksumDigits + 1) return {};
  Json value = Json::parse(line.substr(kChecksumDigits + 1), nullptr, /*allow_exceptions=*/false);
  if (value.is_discarded() || line_of(value) != std::string(line) + "\n") return {};
  return value;
}

/// Calls `visit` with each whole line; returns the bytes of all of them.
template <typename Visit>
std::size_t for_each_line(const std::string& text, Visit visit) {
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    const std::optional<Json> value = value_of(std::string_view(text).substr(begin, end - begin));
    if (!value) break;
    visit(*value);
    begin = end + 1;
  }
  return begin;
}

Json to_json(const Checkpoint& checkpoint) {
  Json json = to_json(checkpoint.tally);
  json["output_bytes"] = checkpoint.output_bytes;
  json["input"] = checkpoint.input_digest;
  return json;
}

Checkpoint checkpoint_of(const Json& value) {
  return {tally_of(value), value.at("output_bytes").get<std::uint64_t>(),
          value.at("input").get<std::string>()};
}

[[noreturn]] void fail(const std::string& path) {
  throw IoError(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
}

void write_all(int fd, const std::string& path, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EINTR) {
      fail(path);
    }
  }
}

int open_or_fail(const std::string& path, int flags) {
  const int fd = open(path.c_str(), flags | O_CLOEXEC, 0666);
  if (fd < 0) fail(path);
  return fd;
}

/// A new name is on the disk when its folder is.
void sync_folder_of(const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  const int fd = open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

}  // namespace

std::optional<Journal::Contents> Journal::read(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) return {};
  const std::string text = read_all(path, kMaxJournalBytes);
  Contents contents;
  bool first = true;
  try {
    for_each_line(text, [&](const Json& value) {
      if (first) {
        if (value.at("format") != kFormat) throw UsageError("it is of another version");
        contents.job = value.at("job");
        first = false;
      } else {
        contents.last = checkpoint_of(value);
      }
    });
  } catch (const std::exception& broken) {
    throw UsageError(fmt::format("{} cannot be used: {}", path, broken.what()));
  }
  if (first) throw UsageError(path + " is not a journal of gliner: delete it to begin again");
  return contents;
}

Journal Journal::create(const std::string& path, const Json& job) {
  const std::string draft = path + ".new";
  const int fd = open_or_fail(draft, O_WRONLY | O_CREAT | O_TRUNC);
  Journal journal(path, fd);
  write_all(fd, draft, line_of({{"format", kFormat}, {"job", job}}));
  if (fsync(fd) != 0 || std::rename(draft.c_str(), path.c_str()) != 0) fail(draft);
  sync_folder_of(path);
  return journal;
}

Journal Journal::append_to(const std::string& path) {
  const std::size_t whole = for_each_line(read_all(path, kMaxJournalBytes), [](const Json&) {});
  const int fd = open_or_fail(path, O_WRONLY);
  Journal journal(path, fd);
  if (ftruncate(fd, static_cast<off_t>(whole)) != 0 || lseek(fd, 0, SEEK_END) < 0) fail(path);
  return journal;
}

Journal::Journal(Journal&& other) noexcept
    : path_(std::move(other.path_)), fd_(std::exchange(other.fd_, -1)) {}

Journal::~Journal() {
  if (fd_ >= 0) close(fd_);
}

void Journal::add(const Checkpoint& checkpoint) {
  write_all(fd_, path_, line_of(to_json(checkpoint)));
  if (fdatasync(fd_) != 0) fail(path_);
}

void Journal::remove() {
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

}  // namespace gliner::cli
