#include "tokenizers/unigram.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "text/utf8.h"

namespace gliner {
namespace {

constexpr double kUnknownPenalty = 10.0;  // kUnkPenalty of SentencePiece

}  // namespace

Unigram::Unigram(const RawObject& model) : TokenModel(model) {
  read_entries(model);
  byte_fallback_ = model.boolean_or("byte_fallback", false);
  byte_ids_ = byte_token_ids();
  if (model.has_value("unk_id")) {
    unknown_id_ = model.at("unk_id").id();
    if (static_cast<std::size_t>(unknown_id_) >= vocabulary_.size()) {
      model.fail(fmt::format("\"unk_id\": expected less than {} entries, found {}", vocabulary_.size(),
                             unknown_id_));
    }
  }
  trie_ = vocabulary_trie();
}

void Unigram::read_entries(const RawObject& model) {
  JsonCursor cursor = model.at("vocab");
  const std::size_t bytes = model.text("vocab").size();
  vocabulary_.reserve(bytes / 24, bytes / 2);
  scores_.reserve(bytes / 24);
  double lowest = std::numeric_limits<double>::infinity();
  cursor.begin_array();
  while (cursor.next_element()) {
    if (scores_.size() >= static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {
      cursor.fail("more than 2147483647 entries");
    }
    cursor.begin_array();
    if (!cursor.next_element()) cursor.fail(fmt::format("entry {}: expected [token, score]", scores_.size()));
    // Of entries with the same token the last is the one that is found.
    vocabulary_.add(cursor.string(), static_cast<std::int32_t>(scores_.size()));
    if (!cursor.next_element()) cursor.fail(fmt::format("entry {}: expected [token, score]", scores_.size()));
    scores_.push_back(cursor.number());
    if (cursor.next_element())
      cursor.fail(fmt::format("entry {}: expected [token, score]", scores_.size() - 1));
    lowest = std::min(lowest, scores_.back());
  }
  vocabulary_.seal();
  unknown_score_ = lowest - kUnknownPenalty;
}

std::vector<Unigram::Best> Unigram::best_cuts(std::string_view piece) const {
  std::vector<Best> best(piece.size() + 1);
  for (std::size_t begin = 0; begin < piece.size();) {
    const double score_here = best[begin].score;
    std::size_t next = begin;
    next_code_point(piece, next);
    bool covered = false;  // some entry is exactly this character
    PrefixTrie::Node node = PrefixTrie::kRoot;
    for (std::size_t end = begin; end < piece.size();) {
      node = trie_.child(node, piece[end++]);
      if (node == PrefixTrie::kNone) break;
      const std::int32_t id = trie_.value(node);
      if (id < 0) continue;
      covered = covered || end == next;
      Best& there = best[end];
      const double score = scores_[static_cast<std::size_t>(id)] + score_here;
      if (there.begin < 0 || score > there.score) there = {score, static_cast<std::int32_t>(begin), id};
    }
    if (!covered) {
      Best& there = best[next];
      const double score = unknown_score_ + score_here;
      if (there.begin < 0 || score > there.score) {
        if (unknown_id_ < 0) throw_unknown(piece);
        there = {score, static_cast<std::int32_t>(begin), unknown_id_};
      }
    }
    begin = next;
  }
  return best;
}

void Unigram::tokenize(std::string_view piece, std::vector<SubToken>& out) const {
  GLINER_CHECK(piece.size() < static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()));
  const std::vector<Best> best = best_cuts(piece);

  struct Part {
    std::size_t begin;
    std::size_t end;
    std::int32_t id;
  };
  std::vector<Part> parts;  // from the end
  for (std::size_t end = piece.size(); end > 0;) {
    const Best& last = best[end];
    const auto begin = static_cast<std::size_t>(last.begin);
    if (last.id == unknown_id_ && !parts.empty() && parts.back().id == unknown_id_) {
      parts.back().begin = begin;
    } else {
      parts.push_back({begin, end, last.id});
    }
    end = begin;
  }
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) {
    append(piece.substr(part->begin, part->end - part->begin), part->id, out);
  }
}

void Unigram::append(std::string_view part, std::int32_t id, std::vector<SubToken>& out) const {
  // Fused unknown characters can spell an entry, and the entry of unknown text can stand in the text.
  if (id == unknown_id_) {
    id = vocabulary_.find(part);
    if (id < 0) {
      if (byte_fallback_ && append_bytes(part, out)) return;
      out.push_back({unknown_id_, std::string(part)});
      return;
    }
  }
  out.push_back({id, {}});
}

bool Unigram::append_bytes(std::string_view part, std::vector<SubToken>& out) const {
  const auto id_of = [this](char byte) { return byte_ids_[static_cast<unsigned char>(byte)]; };
  if (std::any_of(part.begin(), part.end(), [&](char byte) { return id_of(byte) < 0; })) return false;
  for (const char byte : part) out.push_back({id_of(byte), {}});
  return true;
}

}  // namespace gliner
