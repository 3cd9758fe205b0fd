#include "tokenizers/prefix_trie.h"

#include <algorithm>

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

std::vector<std::uint32_t> sorted_order(const std::vector<PrefixTrie::Key>& keys) {
  struct Item {
    std::uint64_t leading;
    std::uint32_t index;
  };
  std::vector<Item> items;
  items.reserve(keys.size());
  for (const PrefixTrie::Key& key : keys) {
    items.push_back({leading_bytes(key.text), static_cast<std::uint32_t>(items.size())});
  }
  std::sort(items.begin(), items.end(), [&](const Item& a, const Item& b) {
    if (a.leading != b.leading) return a.leading < b.leading;
    const int order = keys[a.index].text.compare(keys[b.index].text);
    return order != 0 ? order < 0 : a.index < b.index;
  });
  std::vector<std::uint32_t> order;
  order.reserve(items.size());
  for (const Item& item : items) order.push_back(item.index);
  return order;
}

}  // namespace

PrefixTrie::PrefixTrie(const std::vector<Key>& keys) : root_children_(256, kNone) {
  GLINER_CHECK(keys.size() < kNone);
  const std::vector<std::uint32_t> order = sorted_order(keys);
  const auto text = [&](std::uint32_t i) { return keys[order[i]].text; };

  // Keys [begin, end) in sorted order share the first `depth` bytes: one node.
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
    for (; range.begin < range.end && text(range.begin).size() == range.depth; ++range.begin) {
      value = keys[order[range.begin]].value;
    }
    values_.push_back(value);
    first_child_.push_back(static_cast<std::uint32_t>(ranges.size()));
    for (std::uint32_t i = range.begin; i < range.end;) {
      const char label = text(i)[range.depth];
      const std::uint32_t begin = i;
      while (i < range.end && text(i)[range.depth] == label) ++i;
      if (node == kRoot) root_children_[static_cast<unsigned char>(label)] = static_cast<Node>(ranges.size());
      GLINER_CHECK(ranges.size() < kNone);
      ranges.push_back({begin, i, range.depth + 1});
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
