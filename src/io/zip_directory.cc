// Names and numbers are those of the format's description (APPNOTE.TXT 6.3.10, sections 4.3 to 4.5).
#include "io/zip_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdint>

#include "base/check.h"
#include "gliner/error.h"
#include "io/strict_sax.h"

namespace gliner {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034b50;
constexpr std::uint32_t kDirectoryEntry = 0x02014b50;
constexpr std::uint32_t kDirectoryEnd = 0x06054b50;
constexpr std::uint32_t kZip64DirectoryEnd = 0x06064b50;
constexpr std::uint32_t kZip64Locator = 0x07064b50;
constexpr std::size_t kLocalHeaderBytes = 30;
constexpr std::size_t kDirectoryEntryBytes = 46;
constexpr std::size_t kDirectoryEndBytes = 22;
constexpr std::size_t kZip64DirectoryEndBytes = 56;
constexpr std::size_t kZip64LocatorBytes = 20;
constexpr std::size_t kMaxComment = 0xffff;
constexpr std::uint16_t kZip64Field = 0x0001;
constexpr std::uint64_t kIn64Bit = 0xffffffff;  // "The value stands in the zip64 field."

class DirectoryReader {
 public:
  DirectoryReader(std::string_view file, const std::string& path) : file_(file), path_(path) {}

  std::map<std::string, ZipMember> read() {
    const auto [begin, size, count] = find_directory();
    require(begin, size, "its directory");
    std::map<std::string, ZipMember> members;
    std::size_t at = begin;
    for (std::uint64_t i = 0; i < count; ++i) {
      if (begin + size - at < kDirectoryEntryBytes)
        fail(fmt::format("expected {} entries in the archive's directory, found {}", count, i));
      at = read_entry(at, begin + size, members);
    }
    return members;
  }

 private:
  struct Directory {
    std::size_t begin, size;
    std::uint64_t count;
  };

  [[noreturn]] void fail(const std::string& what) const {
    throw ModelError(fmt::format("{}: {}", path_, what));
  }
  std::uint64_t number(std::size_t at, std::size_t bytes) const {
    std::uint64_t value = 0;
    for (std::size_t i = bytes; i-- > 0;) value = value << 8 | static_cast<unsigned char>(file_[at + i]);
    return value;
  }
  /// Throws unless [begin, begin + bytes) lies within the file.
  void require(std::uint64_t begin, std::uint64_t bytes, const std::string& what) const {
    if (begin > file_.size() || bytes > file_.size() - begin)
      fail(fmt::format("expected {} at byte {} with {} bytes, found a file of {} bytes. It may be cut short",
                       what, begin, bytes, file_.size()));
  }

  Directory find_directory() const {
    // The end record is the last thing in the file but for a comment of its own.
    if (file_.size() < kDirectoryEndBytes) fail("expected a zip archive, found too few bytes for one");
    const std::size_t last = file_.size() - kDirectoryEndBytes;
    const std::size_t first = last > kMaxComment ? last - kMaxComment : 0;
    std::size_t end = last + 1;
    do {
      if (end == first) fail("expected a zip archive, found no directory at its end. It may be cut short");
      --end;
    } while (number(end, 4) != kDirectoryEnd ||
             end + kDirectoryEndBytes + number(end + 20, 2) != file_.size());
    if (number(end + 4, 2) != 0 || number(end + 6, 2) != 0)
      fail("a zip archive of several disks is not read");
    Directory directory{static_cast<std::size_t>(number(end + 16, 4)),
                        static_cast<std::size_t>(number(end + 12, 4)), number(end + 10, 2)};
    if (end < kZip64LocatorBytes || number(end - kZip64LocatorBytes, 4) != kZip64Locator) return directory;
    const std::uint64_t zip64 = number(end - kZip64LocatorBytes + 8, 8);
    require(zip64, kZip64DirectoryEndBytes, "the zip64 end record");
    const auto at = static_cast<std::size_t>(zip64);
    if (number(at, 4) != kZip64DirectoryEnd) fail("expected a zip64 end record, found something else");
    return {static_cast<std::size_t>(number(at + 48, 8)), static_cast<std::size_t>(number(at + 40, 8)),
            number(at + 32, 8)};
  }

  /// Reads the entry at `at` and gives the place of the next one.
  std::size_t read_entry(std::size_t at, std::size_t directory_end,
                         std::map<std::string, ZipMember>& members) const {
    if (number(at, 4) != kDirectoryEntry)
      fail(fmt::format("expected an entry of the archive's directory at byte {}, found something else", at));
    const std::size_t name_bytes = number(at + 28, 2);
    const std::size_t extra_bytes = number(at + 30, 2);
    const std::size_t comment_bytes = number(at + 32, 2);
    const std::size_t next = at + kDirectoryEntryBytes + name_bytes + extra_bytes + comment_bytes;
    if (next > directory_end) fail(fmt::format("the directory entry at byte {} runs past its end", at));
    const std::string name(file_.substr(at + kDirectoryEntryBytes, name_bytes));

    constexpr std::uint64_t kEncrypted = 1;
    if ((number(at + 8, 2) & kEncrypted) != 0) fail(fmt::format("member {} is encrypted", shown(name)));
    if (const std::uint64_t method = number(at + 10, 2); method != 0)
      fail(fmt::format("member {}: expected it to be stored, found compression method {}", shown(name),
                       method));
    std::uint64_t packed = number(at + 20, 4), bytes = number(at + 24, 4), header = number(at + 42, 4);
    read_zip64_field(at + kDirectoryEntryBytes + name_bytes, extra_bytes, name, {&bytes, &packed, &header});
    if (packed != bytes)
      fail(fmt::format("member {}: expected {} stored bytes, found {}", shown(name), bytes, packed));

    require(header, kLocalHeaderBytes, "the header of member " + shown(name));
    const auto local = static_cast<std::size_t>(header);
    if (number(local, 4) != kLocalHeader)
      fail(
          fmt::format("member {}: expected its header at byte {}, found something else", shown(name), local));
    const std::size_t begin = local + kLocalHeaderBytes + number(local + 26, 2) + number(local + 28, 2);
    require(begin, bytes, "member " + shown(name));
    if (!members.emplace(name, ZipMember{begin, static_cast<std::size_t>(bytes)}).second)
      fail(fmt::format("member {} is there twice", shown(name)));
    return next;
  }

  /// Fills those of `values` (in the field's order) that the entry leaves to the zip64 field.
  void read_zip64_field(std::size_t at, std::size_t bytes, const std::string& name,
                        std::initializer_list<std::uint64_t*> values) const {
    if (std::none_of(values.begin(), values.end(), [](const auto* v) { return *v == kIn64Bit; })) return;
    const std::size_t end = at + bytes;
    while (end - at >= 4) {
      const std::uint64_t kind = number(at, 2);
      const std::size_t size = number(at + 2, 2);
      at += 4;
      if (size > end - at) break;
      if (kind != kZip64Field) {
        at += size;
        continue;
      }
      const std::size_t field_end = at + size;
      for (std::uint64_t* value : values) {
        if (*value != kIn64Bit) continue;
        if (field_end - at < 8) fail(fmt::format("member {}: its zip64 field is too short", shown(name)));
        *value = number(at, 8);
        at += 8;
      }
      return;
    }
    fail(fmt::format("member {}: expected a zip64 field, found none", shown(name)));
  }

  std::string_view file_;
  const std::string& path_;
};

}  // namespace

std::map<std::string, ZipMember> read_zip_directory(std::string_view file, const std::string& path) {
  return DirectoryReader(file, path).read();
}

}  // namespace gliner
