#include "heads/label_trie.h"

namespace gliner {

void LabelTrie::add(const std::vector<std::int32_t>& tokens) {
  std::size_t at = 0;
  for (const std::int32_t token : tokens) {
    const auto found = nodes_[at].children.find(token);
    if (found != nodes_[at].children.end()) {
      at = found->second;
      continue;
    }
    nodes_[at].children.emplace(token, nodes_.size());
    at = nodes_.size();
    nodes_.emplace_back();
  }
}

std::vector<std::int32_t> LabelTrie::next(const std::vector<std::int32_t>& prefix) const {
  std::size_t at = 0;
  for (const std::int32_t token : prefix) {
    const auto found = nodes_[at].children.find(token);
    if (found == nodes_[at].children.end()) return {};
    at = found->second;
  }
  std::vector<std::int32_t> tokens;
  for (const auto& [token, child] : nodes_[at].children) tokens.push_back(token);
  return tokens;
}

}  // namespace gliner
