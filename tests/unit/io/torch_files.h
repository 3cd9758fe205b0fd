#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace gliner::testing {

/// `bytes` little-endian bytes of a number.
inline std::string number(std::uint64_t value, int bytes) {
  std::string text;
  for (int i = 0; i < bytes; ++i) text += static_cast<char>(i < 8 ? (value >> (8 * i)) & 0xff : 0);
  return text;
}

/// How a zip archive is written; the defaults are what torch.save does for small files.
struct ZipForm {
  bool zip64 = false;        ///< All numbers in zip64 fields.
  std::uint16_t method = 0;  ///< Stored
  std::uint16_t flags = 0;
  std::int64_t extra_bytes = 0;    ///< Added to the size that the directory gives of every member.
  std::int64_t extra_entries = 0;  ///< Added to the number of entries.
  std::string comment = "";
};

/// The archive of these members (name, bytes), in their order.
inline std::string zip_archive(const std::vector<std::pair<std::string, std::string>>& members,
                               const ZipForm& form = {}) {
  const auto narrow = [&form](std::uint64_t value) { return number(form.zip64 ? 0xffffffff : value, 4); };
  std::string file, directory;
  for (const auto& [name, bytes] : members) {
    const std::uint64_t begin = file.size();
    const std::uint64_t size = bytes.size() + static_cast<std::uint64_t>(form.extra_bytes);
    const std::string padding = "FB" + number(3, 2) + "ZZZ";  // torch aligns the bytes with such a field.
    // Like torch's writer with a data descriptor: the sizes stand in the directory only.
    file += "PK\x03\x04" + number(0, 2) + number(form.flags, 2) + number(form.method, 2) + number(0, 4) +
            number(0, 12) + number(name.size(), 2) + number(padding.size(), 2) + name + padding + bytes;
    std::string extra = "XX" + number(1, 2) + "x";
    if (form.zip64)
      extra += number(1, 2) + number(24, 2) + number(size, 8) + number(size, 8) + number(begin, 8);
    directory += "PK\x01\x02" + number(0, 4) + number(form.flags, 2) + number(form.method, 2) + number(0, 8) +
                 narrow(size) + narrow(size) + number(name.size(), 2) + number(extra.size(), 2) +
                 number(1, 2) + number(0, 8) + narrow(begin) + name + extra + "c";
  }
  const std::uint64_t begin = file.size(),
                      entries = members.size() + static_cast<std::uint64_t>(form.extra_entries);
  file += directory;
  if (form.zip64) {
    const std::uint64_t end = file.size();
    file += "PK\x06\x06" + number(44, 8) + number(0, 4) + number(0, 8) + number(entries, 8) +
            number(entries, 8) + number(directory.size(), 8) + number(begin, 8);
    file += "PK\x06\x07" + number(0, 4) + number(end, 8) + number(1, 4);
  }
  return file + "PK\x05\x06" + number(0, 4) + number(form.zip64 ? 0xffff : entries, 2) +
         number(form.zip64 ? 0xffff : entries, 2) + narrow(directory.size()) + narrow(begin) +
         number(form.comment.size(), 2) + form.comment;
}

// Pieces of pickles, as Python writes them in protocol 2.

inline std::string text(const std::string& value) { return "X" + number(value.size(), 4) + value; }
inline std::string integer(std::int64_t value) {
  return "\x8a\x08" + number(static_cast<std::uint64_t>(value), 8);
}
inline std::string global(const std::string& module, const std::string& name) {
  return "c" + module + "\n" + name + "\n";
}
inline std::string tuple(const std::vector<std::string>& items) {
  std::string all = "(";
  for (const std::string& item : items) all += item;
  return all + "t";
}
inline std::string integers(const std::vector<std::int64_t>& values) {
  std::vector<std::string> items;
  for (const std::int64_t value : values) items.push_back(integer(value));
  return tuple(items);
}
inline std::string ordered_dict() { return global("collections", "OrderedDict") + ")R"; }
inline std::string storage(const std::string& type, const std::string& key, std::int64_t elements) {
  return tuple({text("storage"), global("torch", type), text(key), text("cpu"), integer(elements)}) + "Q";
}
inline std::string tensor(const std::string& storage, std::int64_t offset,
                          const std::vector<std::int64_t>& shape, const std::vector<std::int64_t>& strides) {
  return global("torch._utils", "_rebuild_tensor_v2") +
         tuple({storage, integer(offset), integers(shape), integers(strides), "\x89", ordered_dict()}) + "R";
}
/// The whole pickle of a dictionary of (name, value).
inline std::string dictionary(const std::vector<std::pair<std::string, std::string>>& items) {
  std::string all = "\x80\x02}(";
  for (const auto& [name, value] : items) all += text(name) + value;
  return all + "u.";
}

/// What torch.save writes: the pickle and its storages (key, bytes).
inline std::string torch_file(const std::string& pickle,
                              const std::vector<std::pair<std::string, std::string>>& storages,
                              const ZipForm& form = {}) {
  std::vector<std::pair<std::string, std::string>> members = {{"archive/data.pkl", pickle},
                                                              {"archive/byteorder", "little"}};
  for (const auto& [key, bytes] : storages) members.emplace_back("archive/data/" + key, bytes);
  members.emplace_back("archive/version", "3\n");
  return zip_archive(members, form);
}

}  // namespace gliner::testing
