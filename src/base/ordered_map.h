#pragma once

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace gliner {

/// A string-keyed map that keeps insertion order, as Python's dict does: assigning to a present key keeps its
/// place, erasing and inserting again moves it to the end.
template <typename Value>
class OrderedMap {
 public:
  using Item = std::pair<std::string, Value>;

  Value& operator[](const std::string& key) {
    const auto found = index_.find(key);
    if (found != index_.end()) return items_[found->second].second;
    index_.emplace(key, items_.size());
    items_.emplace_back(key, Value{});
    return items_.back().second;
  }
  const Value* find(const std::string& key) const {
    const auto found = index_.find(key);
    return found == index_.end() ? nullptr : &items_[found->second].second;
  }
  bool contains(const std::string& key) const { return index_.count(key) != 0; }
  void erase(const std::string& key) {
    const auto found = index_.find(key);
    if (found == index_.end()) return;
    items_.erase(items_.begin() + static_cast<std::ptrdiff_t>(found->second));
    index_.clear();
    for (std::size_t i = 0; i < items_.size(); ++i) index_.emplace(items_[i].first, i);
  }
  bool empty() const { return items_.empty(); }
  std::size_t size() const { return items_.size(); }
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }

 private:
  std::vector<Item> items_;
  std::unordered_map<std::string, std::size_t> index_;
};

}  // namespace gliner
