#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

namespace gliner {

/// A byte trie that maps strings to values >= 0, for look-ups of all prefixes at once. Immutable.
///
/// Nodes are numbered breadth first, so the children of a node are neighbours: their labels are one short run
/// of bytes, searched by memchr. About nine bytes a node.
class PrefixTrie {
 public:
  using Node = std::uint32_t;
  static constexpr Node kRoot = 0;
  static constexpr Node kNone = 0xFFFFFFFF;

  struct Key {
    std::string_view text;
    std::int32_t value;
  };

  /// An empty trie.
  PrefixTrie() : PrefixTrie(std::vector<Key>()) {}
  /// `keys` in any order; of equal keys the last counts, an empty key is the root's value. The texts are not
  /// kept.
  explicit PrefixTrie(const std::vector<Key>& keys);

  /// Node behind `byte`, or kNone.
  Node child(Node node, char byte) const {
    if (node == kRoot) return root_children_[static_cast<unsigned char>(byte)];
    const std::uint32_t begin = first_child_[node];
    const std::uint32_t count = first_child_[node + 1] - begin;
    if (count == 0) return kNone;
    const void* found = std::memchr(labels_.data() + begin, byte, count);
    return found == nullptr ? kNone : static_cast<Node>(static_cast<const char*>(found) - labels_.data());
  }

  /// Value of the key that ends at `node`, or -1.
  std::int32_t value(Node node) const { return values_[node]; }

  /// Node behind all of `text`, or kNone.
  Node find(std::string_view text) const;

 private:
  std::vector<std::uint32_t> first_child_;  // nodes + 1
  std::vector<char> labels_;                // the byte that leads to a node
  std::vector<std::int32_t> values_;
  std::vector<Node> root_children_;  // 256
};

}  // namespace gliner
