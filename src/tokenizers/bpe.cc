#include "tokenizers/bpe.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <queue>

#include "base/check.h"
#include "text/utf8.h"

namespace gliner {

// The characters of a piece, appended one behind the other.
class Bpe::Symbols {
 public:
  void add(std::int32_t id) {
    const auto index = static_cast<std::int32_t>(list.size());
    if (index > 0) list.back().next = index;
    list.push_back({id, index - 1, -1, false});
  }
  std::vector<Symbol> list;
};

Bpe::Bpe(const RawObject& model)
    : TokenModel(model),
      continuing_subword_prefix_(model.optional_string("continuing_subword_prefix").value_or("")),
      end_of_word_suffix_(model.optional_string("end_of_word_suffix").value_or("")),
      fuse_unknown_(model.boolean_or("fuse_unk", false)),
      byte_fallback_(model.boolean_or("byte_fallback", false)),
      ignore_merges_(model.boolean_or("ignore_merges", false)) {
  if (model.has_value("dropout") && model.at("dropout").number() != 0.0) {
    model.fail("\"dropout\": expected null or 0, since its results are random");
  }
  read_vocabulary(model);
  byte_ids_ = byte_token_ids();
  if (const auto token = model.optional_string("unk_token")) {
    has_unknown_token_ = true;
    unknown_id_ = vocabulary_.find(*token);
  }
  read_merges(model);
}

void Bpe::read_merges(const RawObject& model) {
  JsonCursor cursor = model.at("merges");
  merges_.reserve(model.text("merges").size() / 24);
  std::uint32_t rank = 0;
  std::string left;
  std::string right;
  std::optional<bool> as_pairs;  // ["a", "b"] rather than "a b"
  cursor.begin_array();
  while (cursor.next_element()) {
    const bool is_pair = cursor.peek() == JsonCursor::Kind::kArray;
    if (as_pairs.value_or(is_pair) != is_pair)
      cursor.fail(fmt::format("merge {}: pairs and strings are mixed", rank));
    as_pairs = is_pair;
    if (is_pair) {
      const auto expect_element = [&](bool wanted) {
        if (cursor.next_element() != wanted) cursor.fail(fmt::format("merge {}: expected two tokens", rank));
      };
      cursor.begin_array();
      expect_element(true);
      left.assign(cursor.string());
      expect_element(true);
      right.assign(cursor.string());
      expect_element(false);
    } else {
      const std::string_view line = cursor.string();
      if (line.substr(0, 8) == "#version") continue;
      const std::size_t blank = line.find(' ');
      if (blank == std::string_view::npos || line.find(' ', blank + 1) != std::string_view::npos) {
        cursor.fail(fmt::format("merge {}: expected two tokens and one blank, found \"{}\"", rank, line));
      }
      left.assign(line.substr(0, blank));
      right.assign(line.substr(blank + 1));
    }
    add_merge(cursor, rank++, left, right);
  }
}

void Bpe::add_merge(const JsonCursor& cursor, std::uint32_t rank, std::string_view left,
                    std::string_view right) {
  const auto id_of = [&](std::string_view token) {
    const std::int32_t id = vocabulary_.find(token);
    if (id < 0) cursor.fail(fmt::format("merge {}: \"{}\" is not in the vocabulary", rank, token));
    return id;
  };
  const std::int32_t left_id = id_of(left);
  const std::int32_t right_id = id_of(right);
  // The right half carries the prefix, whole or not: it is counted off, not compared.
  const std::size_t prefix = continuing_subword_prefix_.size();
  if (right.size() < prefix)
    cursor.fail(fmt::format("merge {}: \"{}\" is shorter than the prefix", rank, right));
  std::string whole(left);
  whole += right.substr(prefix);
  merges_.set(left_id, right_id, {rank, id_of(whole)});
}

std::int32_t Bpe::require_unknown(std::string_view piece) const {
  if (unknown_id_ < 0) throw_unknown(piece);
  return unknown_id_;
}

void Bpe::split_into_characters(std::string_view piece, Symbols& symbols) const {
  bool unknown_waits = false;  // an unknown symbol is added when the next known one comes
  std::string token;
  for (std::size_t pos = 0; pos < piece.size();) {
    const std::size_t begin = pos;
    next_code_point(piece, pos);
    token.clear();
    if (begin > 0) token += continuing_subword_prefix_;
    token += piece.substr(begin, pos - begin);
    if (pos == piece.size()) token += end_of_word_suffix_;

    if (const std::int32_t id = vocabulary_.find(token); id >= 0) {
      if (unknown_waits) symbols.add(unknown_id_);
      unknown_waits = false;
      symbols.add(id);
      continue;
    }
    const auto byte_id = [this](char byte) { return byte_ids_[static_cast<unsigned char>(byte)]; };
    if (byte_fallback_ &&
        std::all_of(token.begin(), token.end(), [&](char byte) { return byte_id(byte) >= 0; })) {
      // A waiting unknown symbol is overtaken, as in the Rust code.
      for (const char byte : token) symbols.add(byte_id(byte));
      continue;
    }
    if (!has_unknown_token_) continue;
    if (unknown_waits && !fuse_unknown_) symbols.add(unknown_id_);
    require_unknown(piece);
    unknown_waits = true;
  }
  if (unknown_waits) symbols.add(unknown_id_);
}

void Bpe::merge(std::vector<Symbol>& symbols) const {
  struct Candidate {
    std::uint32_t rank;
    std::int32_t position;  // of the left symbol
    std::int32_t id;
    bool operator<(const Candidate& other) const {  // std::priority_queue pops the largest
      return rank != other.rank ? rank > other.rank : position > other.position;
    }
  };
  const auto at = [&](std::int32_t index) -> Symbol& { return symbols[static_cast<std::size_t>(index)]; };
  std::priority_queue<Candidate> candidates;
  const auto consider = [&](std::int32_t left) {
    const Symbol& symbol = at(left);
    if (symbol.next < 0) return;
    if (const auto* found = merges_.find(symbol.id, at(symbol.next).id))
      candidates.push({found->rank, left, found->id});
  };
  for (std::size_t i = 0; i + 1 < symbols.size(); ++i) consider(static_cast<std::int32_t>(i));

  while (!candidates.empty()) {
    const Candidate best = candidates.top();
    candidates.pop();
    Symbol& left = at(best.position);
    if (left.merged_away || left.next < 0) continue;
    Symbol& right = at(left.next);
    // The pair may have changed since it was queued; what counts is that it still gives the same token.
    const auto* still = merges_.find(left.id, right.id);
    if (still == nullptr || still->id != best.id) continue;
    left.id = best.id;
    left.next = right.next;
    right.merged_away = true;
    if (right.next >= 0) at(right.next).previous = best.position;
    if (left.previous >= 0) consider(left.previous);
    consider(best.position);
  }
}

void Bpe::tokenize(std::string_view piece, std::vector<SubToken>& out) const {
  GLINER_CHECK(piece.size() < static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()));
  if (ignore_merges_) {
    if (const std::int32_t id = vocabulary_.find(piece); id >= 0) {
      out.push_back({id, {}});
      return;
    }
  }
  Symbols symbols;
  symbols.list.reserve(piece.size());
  split_into_characters(piece, symbols);
  merge(symbols.list);
  for (const Symbol& symbol : symbols.list) {
    if (!symbol.merged_away) out.push_back({symbol.id, {}});
  }
}

}  // namespace gliner
