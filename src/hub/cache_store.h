#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include "hub/pull_meter.h"

namespace gliner {

/// A lock that other processes respect, huggingface_hub included: flock on a file of its own. Given back when
/// the object goes, or the process ends in any way.
class CacheLock {
 public:
  /// Waits for it; throws HubError when the meter says stop or the file cannot be made.
  CacheLock(const std::filesystem::path& path, PullMeter& meter);
  ~CacheLock();
  CacheLock(const CacheLock&) = delete;
  CacheLock& operator=(const CacheLock&) = delete;

 private:
  int fd_ = -1;
};

/// One repository in the cache, written as huggingface_hub lays it out:
///   CACHE/models--ORG--NAME/blobs/ETAG              the files
///   CACHE/models--ORG--NAME/snapshots/COMMIT/NAME   links to them
///   CACHE/models--ORG--NAME/refs/REVISION           a commit
///   CACHE/.locks/models--ORG--NAME/ETAG.lock
/// Whatever appears under one of these names is complete: it is written elsewhere and renamed. Nothing is
/// made before the first call that writes. Any number of processes may work on one repository. Throws
/// HubError when the file system refuses.
class CacheStore {
 public:
  /// `repository` is "org/name", checked.
  CacheStore(std::filesystem::path cache, const std::string& repository);

  /// True where the blob is there, of the size that it should have.
  bool has_blob(const std::string& etag, std::optional<std::uint64_t> size) const;
  std::filesystem::path blob(const std::string& etag) const;
  /// Where a blob grows while its lock is held. What is there is the beginning of the blob.
  std::filesystem::path incomplete_blob(const std::string& etag) const;
  std::filesystem::path lock_file(const std::string& etag) const;

  /// Makes the folders that the rest needs.
  void prepare();
  /// Gives the grown blob its name. Its bytes are on the disk by then.
  void publish_blob(const std::string& etag);
  /// Links `name` of a snapshot to a blob. No link on the way there is followed.
  void link(const std::string& commit, const std::string& name, const std::string& etag);
  /// Does nothing when `revision` is the commit itself.
  void write_reference(const std::string& revision, const std::string& commit);

  std::filesystem::path snapshot(const std::string& commit) const;

 private:
  std::filesystem::path cache_;
  std::string folder_name_;
  std::filesystem::path repository_;
};

}  // namespace gliner
