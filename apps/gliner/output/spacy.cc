#include <algorithm>
#include <utility>

#include "output/formats.h"
#include "output/found_spans.h"

namespace gliner::cli {
namespace {

using Json = nlohmann::ordered_json;

/// Offsets in code points of some places of a text, which are given in bytes.
class CodePointPlaces {
 public:
  CodePointPlaces(std::string_view text, std::vector<std::size_t> bytes) : bytes_(std::move(bytes)) {
    std::sort(bytes_.begin(), bytes_.end());
    std::size_t at = 0;
    std::int64_t count = 0;
    for (const std::size_t place : bytes_) {
      count += code_points(text.substr(at, place - at));
      at = place;
      counts_.push_back(count);
    }
  }

  /// Of a place that was given.
  std::int64_t at(std::size_t byte) const {
    return counts_[static_cast<std::size_t>(std::lower_bound(bytes_.begin(), bytes_.end(), byte) -
                                            bytes_.begin())];
  }

 private:
  std::vector<std::size_t> bytes_;
  std::vector<std::int64_t> counts_;
};

/// spaCy's tokens cover the text but for single blanks behind them: what else is between two of them is a
/// token of white space (spacy.util.get_words_and_spaces, which Doc.from_json holds the tokens against).
std::vector<TokenRange> with_white_space(std::string_view text, const std::vector<TokenRange>& words) {
  std::vector<TokenRange> tokens;
  std::size_t at = 0;
  const auto fill_up_to = [&](std::size_t end) {
    if (!tokens.empty() && at < end && text[at] == ' ') ++at;
    if (at < end) tokens.push_back({at, end});
  };
  for (const TokenRange& word : words) {
    fill_up_to(word.begin);
    tokens.push_back(word);
    at = word.end;
  }
  fill_up_to(text.size());
  return tokens;
}

/// `spans` without white space at their ends, where no token begins or ends.
std::vector<FoundSpan> trimmed(std::string_view text, const std::vector<FoundSpan>& spans) {
  std::vector<FoundSpan> kept;
  for (FoundSpan span : spans) {
    const auto begin = static_cast<std::size_t>(span.begin);
    const auto words = tokens_of(text.substr(begin, static_cast<std::size_t>(span.end) - begin));
    if (words.empty()) continue;
    span.end = span.begin + static_cast<std::int64_t>(words.back().end);
    span.begin += static_cast<std::int64_t>(words.front().begin);
    kept.push_back(std::move(span));
  }
  return kept;
}

class Spacy : public RowFormat {
 public:
  std::optional<OffsetUnit> offset_unit() const override { return OffsetUnit::kByte; }

  std::string result_row(const Row& row) const override {
    const std::string& text = row.record.text;
    const std::vector<FoundSpan> spans =
        trimmed(text, spans_of(row.result, static_cast<std::int64_t>(text.size())));
    const std::vector<TokenRange> tokens = with_white_space(text, tokens_of(text, spans));
    std::vector<std::size_t> places;
    for (const TokenRange& token : tokens) places.insert(places.end(), {token.begin, token.end});
    const CodePointPlaces in_code_points(text, std::move(places));  // spans begin and end with tokens

    Json doc = {{"id", row.record.id},
                {"text", text},
                {"ents", spans_json(without_overlaps(spans), in_code_points, /*with_id=*/false)},
                {"spans", {{"sc", spans_json(spans, in_code_points, /*with_id=*/true)}}},
                {"cats", cats_json(row.result)},
                {"tokens", tokens_json(tokens, in_code_points)}};
    if (row.result.truncated_words > 0) doc["truncated_words"] = row.result.truncated_words;
    if (row.result.truncated_tokens > 0) doc["truncated_tokens"] = row.result.truncated_tokens;
    return dump_row(doc) + "\n";
  }

  std::string error_row(const Row& row, const std::string& message) const override {
    return dump_row({{"id", row.record.id}, {"error", message}}) + "\n";
  }

 private:
  /// `with_id`: with the identifier in a knowledge base, which Doc.from_json wants of all spans but entities.
  static Json spans_json(const std::vector<FoundSpan>& spans, const CodePointPlaces& places, bool with_id) {
    Json json = Json::array();
    for (const FoundSpan& span : spans) {
      json.push_back({{"start", places.at(static_cast<std::size_t>(span.begin))},
                      {"end", places.at(static_cast<std::size_t>(span.end))},
                      {"label", span.label}});
      if (with_id) json.back()["kb_id"] = "";
    }
    return json;
  }

  static Json cats_json(const Result& result) {
    Json cats = Json::object();
    for (const Classification& task : result.classifications) {
      for (const ScoredLabel& label : task.labels) cats[label.label] = label.confidence;
    }
    return cats;
  }

  static Json tokens_json(const std::vector<TokenRange>& tokens, const CodePointPlaces& places) {
    Json json = Json::array();
    for (const TokenRange& token : tokens) {
      json.push_back({{"id", json.size()}, {"start", places.at(token.begin)}, {"end", places.at(token.end)}});
    }
    return json;
  }
};

}  // namespace

std::unique_ptr<RowFormat> make_spacy() { return std::make_unique<Spacy>(); }

}  // namespace gliner::cli
