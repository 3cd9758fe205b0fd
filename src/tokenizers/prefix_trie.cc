#include "tokenizers/prefix_trie.h"

#include <algorithm>
#include <string>

#include "base/check.h"

namespace gliner {
namespace {

// The first eight bytes decide most comparisons without a look at the text.
std::uint64_t leading_bytes(std::string_view text) {
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    bytes = bytes << 8 | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0U);
  }
  return bytes;
}

// The keys in order of their bytes, equal ones in the order given, packed one behind the other: building the
// trie reads them level by level, from front to back.
struct SortedKeys {
  explicit SortedKeys(const std::vector<PrefixTrie::Key>& keys) {
    struct Item {
      std::uint64_t leading;
      std::uint32_t index;
    };
    std::vector<Item> items;
    items.reserve(keys.size());
    std::size_t size = 0;
    for (const PrefixTrie::Key& key : keys) {
      items.push_back({leading_bytes(key.text), static_cast<std::uint32_t>(items.size())});
      size += key.text.size();
    }
    std::sort(items.begin(), items.end(), [&](const Item& a, const Item& b) {
      if (a.leading != b.leading) return a.leading < b.leading;
      const int order = keys[a.index].text.compare(keys[b.index].text);
      return order != 0 ? order < 0 : a.index < b.index;
    });
    bytes.reserve(size);
    begin.reserve(keys.size() + 1);
    values.reserve(keys.size());
    for (const Item& item : items) {
      begin.push_back(bytes.size());
      values.push_back(keys[item.index].value);
      bytes += keys[item.index].text;
    }
    begin.push_back(bytes.size());
  }

  std::size_t size_of(std::uint32_t key) const { return begin[key + 1] - begin[key]; }
  char byte_of(std::uint32_t key, std::uint32_t depth) const { return bytes[begin[key] + depth]; }

  std::string bytes;
  std::vector<std::size_t> begin;
  std::vector<std::int32_t> values;
};

}  // namespace

PrefixTrie::PrefixTrie(const std::vector<Key>& keys) : root_children_(256, kNone) {
  GLINER_CHECK(keys.size() < kNone);
  const SortedKeys sorted(keys);

  // Keys [begin, end) share the first `depth` bytes: one node.
  struct Range {
    std::uint32_t begin;
    std::uint32_t end;
    std::uint32_t depth;
  };
  std::vector<Range> ranges = {{0, static_cast<std::uint32_t>(keys.size()), 0}};
  labels_.push_back('\0');
  for (std::size_t node = 0; node < ranges.size(); ++node) {
    Range range = ranges[node];
    std::int32_t value = -1;
    for (; range.begin < range.end && sorted.size_of(range.begin) == range.depth; ++range.begin) {
      value = sorted.values[range.begin];
    }
    values_.push_back(value);
    first_child_.push_back(static_cast<std::uint32_t>(ranges.size()));
    for (std::uint32_t key = range.begin; key < range.end;) {
      const char label = sorted.byte_of(key, range.depth);
      const std::uint32_t begin = key;
      while (key < range.end && sorted.byte_of(key, range.depth) == label) ++key;
      if (node == kRoot) root_children_[static_cast<unsigned char>(label)] = static_cast<Node>(ranges.size());
      GLINER_CHECK(ranges.size() < kNone);
      ranges.push_back({begin, key, range.depth + 1});
      labels_.push_back(label);
    }
  }
  first_child_.push_back(static_cast<std::uint32_t>(ranges.size()));
}

PrefixTrie::Node PrefixTrie::find(std::string_view text) const {
  Node node = kRoot;
  for (std::size_t i = 0; i < text.size() && node != kNone; ++i) node = child(node, text[i]);
  return node;
}

}  // namespace gliner
