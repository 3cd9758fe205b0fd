#include "hub/download.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "base/digest.h"
#include "gliner/error.h"
#include "io/strict_sax.h"

namespace gliner {
namespace {

namespace fs = std::filesystem;

/// A blob that grows on the disk.
class GrowingBlob : public DownloadSink {
 public:
  GrowingBlob(fs::path path, const RemoteFile& file, PullMeter& meter)
      : path_(std::move(path)), file_(file), meter_(meter), bytes_before_(meter.progress.bytes) {
    // A link could lead to a file that is not ours; O_NOFOLLOW refuses it.
    fd_ = open(path_.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0666);
    if (fd_ < 0) fail("open");
    struct stat state = {};
    if (fstat(fd_, &state) != 0) fail("read");
    size_ = static_cast<std::uint64_t>(state.st_size);
    // Without a known size nothing tells a beginning from the whole.
    if (!file_.size || size_ > *file_.size) restart();
    if (lseek(fd_, 0, SEEK_END) < 0) fail("read");
    show();
  }
  ~GrowingBlob() override {
    if (fd_ >= 0) close(fd_);
  }
  GrowingBlob(const GrowingBlob&) = delete;
  GrowingBlob& operator=(const GrowingBlob&) = delete;

  std::uint64_t size() const override { return size_; }
  std::optional<std::uint64_t> expected_size() const override { return file_.size; }

  void restart() override {
    if (ftruncate(fd_, 0) != 0 || lseek(fd_, 0, SEEK_SET) < 0) fail("write");
    size_ = 0;
    show();
  }

  void append(std::string_view bytes) override {
    if (file_.size && bytes.size() > *file_.size - size_) {
      remove();
      throw HubError(fmt::format("{}: the hub announced {} bytes and sends more: refused", shown(file_.name),
                                 *file_.size));
    }
    while (!bytes.empty()) {
      const ssize_t written = write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail("write");
      bytes.remove_prefix(static_cast<std::size_t>(written));
      size_ += static_cast<std::uint64_t>(written);
      meter_.progress.downloaded += static_cast<std::uint64_t>(written);
    }
    show();
  }

  void remove() { unlink(path_.c_str()); }
  const std::string path() const { return path_.string(); }

 private:
  [[noreturn]] void fail(const char* what) const {
    throw HubError(fmt::format("cannot {} {}: {}", what, path_.string(), std::strerror(errno)));
  }
  void show() { meter_.progress.bytes = bytes_before_ + size_; }

  fs::path path_;
  const RemoteFile& file_;
  PullMeter& meter_;
  std::uint64_t bytes_before_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
};

bool is_hex(const std::string& text, std::size_t size) {
  return text.size() == size && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// Digest of the file in the form of its etag: SHA-256 of large files, git's name of a blob of the others;
/// empty where the etag is neither.
std::string checksum(const std::string& path, const std::string& etag, std::uint64_t size) {
  if (is_hex(etag, 64)) return digest_of_file(Digest::Kind::kSha256, path);
  if (!is_hex(etag, 40)) return {};
  std::string header = fmt::format("blob {}", size);
  header += '\0';
  return digest_of_file(Digest::Kind::kSha1, path, header);
}

void check_free_space(const CacheStore& store, const RemoteFile& file) {
  std::error_code error;
  const fs::path folder = store.blob(file.etag).parent_path();
  const fs::space_info space = fs::space(folder, error);
  const fs::path partial = store.incomplete_blob(file.etag);
  const std::uint64_t there = fs::file_size(partial, error);
  const std::uint64_t present = error ? 0 : there;
  if (file.size && *file.size > present && space.available < *file.size - present) {
    throw HubError(fmt::format(
        "{} needs {} bytes and {} has {} left: make room, or choose another place with HF_HUB_CACHE",
        shown(file.name), *file.size - present, folder.string(), space.available));
  }
}

}  // namespace

BlobOutcome download_blob(HubClient& client, CacheStore& store, const FilePlace& place,
                          const RemoteFile& file, bool force, PullMeter& meter) {
  meter.progress.file = file.name;
  const std::uint64_t bytes_before = meter.progress.bytes;
  const auto cached = [&] {
    meter.progress.bytes = bytes_before + file.size.value_or(0);
    return BlobOutcome{/*cached=*/true, /*verified=*/false};
  };
  if (!force && store.has_blob(file.etag, file.size)) return cached();

  const CacheLock lock(store.lock_file(file.etag), meter);
  if (!force && store.has_blob(file.etag, file.size)) return cached();  // another process was faster
  check_free_space(store, file);

  for (bool again = false;; again = true) {
    meter.progress.bytes = bytes_before;
    GrowingBlob blob(store.incomplete_blob(file.etag), file, meter);
    if (force && !again) blob.restart();
    const std::uint64_t from_before = blob.size();
    if (!file.size || blob.size() < *file.size) {
      client.download(place.repository, place.commit, file.name, blob);
    }
    const std::string found = checksum(blob.path(), file.etag, blob.size());
    if (found.empty() || found == file.etag) {
      store.publish_blob(file.etag);
      return {/*cached=*/false, /*verified=*/!found.empty()};
    }
    blob.remove();
    // The beginning that an earlier process left may be what is wrong.
    if (from_before > 0 && !again) continue;
    throw HubError(fmt::format("{}: the checksum of what came is {}, the hub announced {}; nothing was kept",
                               shown(file.name), found, file.etag));
  }
}

}  // namespace gliner
