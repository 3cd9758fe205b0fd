#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gliner {

/// The entries of a model: token <-> id. Filled once, then sealed; thread-safe from then on.
class Vocabulary {
 public:
  void reserve(std::size_t entries, std::size_t bytes);

  /// Adds an entry with `id` >= 0. A token that is there already is found under the new id from now on, and
  /// false is returned.
  bool add(std::string_view token, std::int32_t id);

  /// To be called once, behind the last add(). Returns an id that two entries claim, or -1.
  std::int32_t seal();

  /// Id of `token`, or -1.
  std::int32_t find(std::string_view token) const;

  /// Token of `id`, if an entry has it.
  std::optional<std::string_view> token(std::int32_t id) const;

  std::size_t size() const { return entries_.size(); }
  std::string_view token_at(std::size_t index) const { return view(entries_[index]); }
  std::int32_t id_at(std::size_t index) const { return entries_[index].id; }

  /// Largest id plus one.
  std::int64_t id_limit() const { return id_limit_; }

 private:
  struct Entry {
    std::size_t begin;
    std::uint32_t size;
    std::int32_t id;
  };
  struct Slot {
    std::uint32_t hash;   // upper half of the hash
    std::uint32_t entry;  // index + 1; 0: free
  };

  std::string_view view(const Entry& entry) const {
    return std::string_view(bytes_).substr(entry.begin, entry.size);
  }
  std::size_t slot_of(std::string_view token, std::size_t hash) const;
  void grow(std::size_t slots);

  std::string bytes_;
  std::vector<Entry> entries_;
  std::vector<Slot> slots_;           // open addressing; a power of two, at most half full
  std::vector<std::uint32_t> by_id_;  // indices of entries_ in the order of ids
  std::int64_t id_limit_ = 0;
};

}  // namespace gliner
