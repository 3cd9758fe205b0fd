#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "output/compressor.h"

namespace gliner::cli {

/// The file that a job writes, or standard output. A name that ends in .gz or .zst is compressed, in members
/// that each hold whole rows.
///
/// The bytes of a file depend on what is appended and flushed alone: how often and when it is written, synced
/// or gone on with changes nothing.
class OutputFile {
 public:
  /// `path` "-": standard output. Opens without changing anything. Throws UsageError when it cannot be
  /// written, when it is the file `input_path` that is being read, or when another gliner is writing it.
  OutputFile(const std::string& path, const std::string& input_path);
  ~OutputFile();
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  const std::string& name() const { return name_; }
  /// A file of a disk: it can be gone on with.
  bool is_regular() const { return regular_; }
  /// Bytes that it has on the disk.
  std::uint64_t size_on_disk() const;

  /// Drops all but the first `bytes` bytes. Throws IoError.
  void truncate(std::uint64_t bytes);

  void append(std::string_view rows);
  /// True when enough rows of a compressed file wait for a member of their own.
  bool has_full_member() const;
  /// A place between two windows: writes what is due. `end_member`: of a compressed file everything is; else
  /// nothing. False when the reader of standard output has gone away. Throws IoError on any other failure;
  /// the file then ends with a whole row.
  bool flush(bool end_member);
  bool flush() { return flush(has_full_member()); }
  /// The end of the job, or of this run of it: writes all.
  bool finish();
  /// True when everything appended is written: the job can be gone on with from here.
  bool is_at_member_end() const { return pending_.empty(); }
  /// Waits until what is written is on the disk. Throws IoError.
  void sync();
  /// Bytes written to a regular file, in whole members.
  std::uint64_t bytes() const { return bytes_; }

 private:
  bool write_pending();

  std::string name_;
  Compression compression_;
  int fd_ = -1;
  bool regular_ = false;
  std::uint64_t bytes_ = 0;
  std::string pending_;  // not compressed yet
};

}  // namespace gliner::cli
