#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace gliner {

/// The token sequences that may be generated. Immutable once built; thread-safe then.
class LabelTrie {
 public:
  /// Adds a label's tokens, its end token included.
  void add(const std::vector<std::int32_t>& tokens);

  /// Tokens that may follow `prefix`, ascending; none if no label goes on from it.
  std::vector<std::int32_t> next(const std::vector<std::int32_t>& prefix) const;

 private:
  struct Node {
    std::map<std::int32_t, std::size_t> children;  // Token -> index in nodes_.
  };
  std::vector<Node> nodes_ = std::vector<Node>(1);  // The root first.
};

}  // namespace gliner
