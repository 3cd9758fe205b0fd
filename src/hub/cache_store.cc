#include "hub/cache_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <system_error>
#include <utility>

#include "gliner/error.h"
#include "io/model_cache.h"

namespace gliner {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(const char* what, const fs::path& path, int error) {
  throw HubError(fmt::format("cannot {} {}: {}", what, path.string(), std::strerror(error)));
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

void make_folders(const fs::path& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error) fail("make the folder", path, error.value());
}

/// Brings the names in a folder to the disk.
void sync_folder(const fs::path& folder) {
  const Descriptor fd(open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || (fsync(fd.get()) != 0 && errno != EINVAL)) fail("write to", folder, errno);
}

/// A name that no other process and no other thread uses.
std::string temporary_name(const std::string& name) {
  static std::atomic<unsigned> count{0};
  return fmt::format("{}.{}-{}.tmp", name, getpid(), count++);
}

void write_whole_file(const fs::path& path, const std::string& text) {
  const Descriptor fd(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0666));
  if (fd.get() < 0) fail("write", path, errno);
  const ssize_t written = write(fd.get(), text.data(), text.size());
  if (written != static_cast<ssize_t>(text.size()) || fsync(fd.get()) != 0) fail("write", path, errno);
}

/// Opens the folder `name` in `parent`, made where it is not there. A link in its place is refused: it could
/// lead out of the cache.
Descriptor open_subfolder(const Descriptor& parent, const std::string& name, const fs::path& shown_path) {
  if (mkdirat(parent.get(), name.c_str(), 0777) != 0 && errno != EEXIST)
    fail("make the folder", shown_path, errno);
  Descriptor fd(openat(parent.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (fd.get() < 0) {
    if (errno == ELOOP || errno == ENOTDIR) {
      throw HubError(
          fmt::format("{}: expected a folder, found a link or a file: refused", shown_path.string()));
    }
    fail("open the folder", shown_path, errno);
  }
  return fd;
}

/// Where links are not possible the snapshot gets a copy, as with huggingface_hub.
void link_or_copy(const Descriptor& folder, const std::string& target, const std::string& name,
                  const fs::path& blob, const fs::path& shown_path) {
  const std::string temporary = temporary_name("." + name);
  if (symlinkat(target.c_str(), folder.get(), temporary.c_str()) != 0) {
    if (errno != EPERM && errno != EOPNOTSUPP) fail("link", shown_path, errno);
    std::error_code error;
    fs::copy_file(blob, shown_path.parent_path() / temporary, error);
    if (error) fail("copy the blob to", shown_path, error.value());
  }
  if (renameat(folder.get(), temporary.c_str(), folder.get(), name.c_str()) != 0) {
    const int error = errno;
    unlinkat(folder.get(), temporary.c_str(), 0);
    fail("write", shown_path, error);
  }
}

}  // namespace

CacheLock::CacheLock(const fs::path& path, PullMeter& meter) {
  while (true) {
    // Writable by the group, so that users of one cache can wait for each other.
    fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0664);
    if (fd_ < 0) fail("open the lock", path, errno);
    while (flock(fd_, LOCK_EX | LOCK_NB) != 0) {
      if (errno != EWOULDBLOCK && errno != EINTR) {
        const int error = errno;
        close(fd_);
        fail("lock", path, error);
      }
      try {
        meter.pause(/*milliseconds=*/100, "another process fetches the same file");
      } catch (...) {
        close(fd_);
        throw;
      }
    }
    // Its last owner may have removed the file in between; then others lock another one of that name.
    struct stat locked = {};
    struct stat named = {};
    if (fstat(fd_, &locked) == 0 && stat(path.c_str(), &named) == 0 && locked.st_ino == named.st_ino &&
        locked.st_dev == named.st_dev) {
      return;
    }
    close(fd_);
  }
}

CacheLock::~CacheLock() { close(fd_); }

CacheStore::CacheStore(fs::path cache, const std::string& repository)
    : cache_(std::move(cache)),
      folder_name_(repository_folder_name(repository)),
      repository_(cache_ / folder_name_) {}

bool CacheStore::has_blob(const std::string& etag, std::optional<std::uint64_t> size) const {
  std::error_code error;
  const fs::path path = blob(etag);
  if (!fs::is_regular_file(path, error)) return false;
  return !size || fs::file_size(path, error) == *size;
}

fs::path CacheStore::blob(const std::string& etag) const { return repository_ / "blobs" / etag; }

fs::path CacheStore::incomplete_blob(const std::string& etag) const {
  return repository_ / "blobs" / (etag + ".incomplete");
}

fs::path CacheStore::lock_file(const std::string& etag) const {
  return cache_ / ".locks" / folder_name_ / (etag + ".lock");
}

fs::path CacheStore::snapshot(const std::string& commit) const { return repository_ / "snapshots" / commit; }

void CacheStore::prepare() {
  make_folders(repository_ / "blobs");
  make_folders(repository_ / "snapshots");
  make_folders(cache_ / ".locks" / folder_name_);
  // Backup programs leave out folders with this file (https://bford.info/cachedir/).
  const fs::path tag = cache_ / "CACHEDIR.TAG";
  std::error_code ignored;
  if (!fs::exists(tag, ignored)) {
    std::ofstream(tag)
        << "Signature: 8a477f597d28d172789f06886806bc55\n# A cache of models; it can be fetched again.\n";
  }
}

void CacheStore::publish_blob(const std::string& etag) {
  const fs::path grown = incomplete_blob(etag);
  {
    const Descriptor fd(open(grown.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC));
    if (fd.get() < 0 || fsync(fd.get()) != 0) fail("write", grown, errno);
  }
  if (rename(grown.c_str(), blob(etag).c_str()) != 0) fail("write", blob(etag), errno);
  sync_folder(repository_ / "blobs");
}

void CacheStore::link(const std::string& commit, const std::string& name, const std::string& etag) {
  fs::path path = repository_ / "snapshots";
  Descriptor folder(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.get() < 0) fail("open the folder", path, errno);
  std::string target = "../";
  std::string rest = commit + "/" + name;
  for (std::size_t slash = rest.find('/'); slash != std::string::npos; slash = rest.find('/')) {
    const std::string part = rest.substr(0, slash);
    path /= part;
    folder = open_subfolder(folder, part, path);
    target += "../";
    rest.erase(0, slash + 1);
  }
  target += "blobs/" + etag;
  path /= rest;

  std::string present(target.size() + 1, '\0');
  const ssize_t length = readlinkat(folder.get(), rest.c_str(), present.data(), present.size());
  if (length >= 0) present.resize(static_cast<std::size_t>(length));
  if (length >= 0 && present == target) return;
  link_or_copy(folder, target, rest, blob(etag), path);
  if (fsync(folder.get()) != 0 && errno != EINVAL) fail("write to", path.parent_path(), errno);
}

void CacheStore::write_reference(const std::string& revision, const std::string& commit) {
  if (revision == commit) return;
  const fs::path reference = repository_ / "refs" / revision;
  make_folders(reference.parent_path());
  const fs::path temporary = reference.parent_path() / temporary_name(reference.filename().string());
  write_whole_file(temporary, commit);
  if (rename(temporary.c_str(), reference.c_str()) != 0) {
    const int error = errno;
    unlink(temporary.c_str());
    fail("write", reference, error);
  }
  sync_folder(reference.parent_path());
}

}  // namespace gliner
