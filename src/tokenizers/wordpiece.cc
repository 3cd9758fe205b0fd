#include "tokenizers/wordpiece.h"

#include "text/utf8.h"

namespace gliner {

WordPiece::WordPiece(const RawObject& model)
    : TokenModel(model), max_input_chars_per_word_(model.at("max_input_chars_per_word").id()) {
  read_vocabulary(model);
  unknown_id_ = vocabulary_.find(model.at("unk_token").string());
  trie_ = vocabulary_trie();
  continuing_ = trie_.find(model.at("continuing_subword_prefix").string());
}

bool WordPiece::cut(std::string_view piece, std::vector<SubToken>& out) const {
  for (std::size_t begin = 0; begin < piece.size();) {
    std::size_t longest = begin;
    std::int32_t id = -1;
    PrefixTrie::Node node = begin == 0 ? PrefixTrie::kRoot : continuing_;
    for (std::size_t end = begin; node != PrefixTrie::kNone && end < piece.size();) {
      node = trie_.child(node, piece[end++]);
      if (node != PrefixTrie::kNone && trie_.value(node) >= 0) {
        longest = end;
        id = trie_.value(node);
      }
    }
    if (id < 0) return false;
    out.push_back({id, {}});
    begin = longest;
  }
  return true;
}

void WordPiece::tokenize(std::string_view piece, std::vector<SubToken>& out) const {
  const std::size_t before = out.size();
  const bool too_long = static_cast<std::int64_t>(piece.size()) > max_input_chars_per_word_ &&
                        count_code_points(piece) > max_input_chars_per_word_;
  if (!too_long && cut(piece, out)) return;
  if (unknown_id_ < 0) throw_unknown(piece);
  out.resize(before);
  out.push_back({unknown_id_, {}});
}

}  // namespace gliner
