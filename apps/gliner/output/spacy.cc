#include "output/formats.h"
#include "output/found_spans.h"

namespace gliner::cli {
namespace {

using Json = nlohmann::ordered_json;

Json span_json(const FoundSpan& span) {
  return {{"start", span.begin}, {"end", span.end}, {"label", span.label}};
}

class Spacy : public RowFormat {
 public:
  std::optional<OffsetUnit> offset_unit() const override { return OffsetUnit::kCodePoint; }

  std::string result_row(const Row& row) const override {
    const std::string& text = row.record.text;
    const std::vector<FoundSpan> spans = spans_of(row.result, code_points(text));
    Json ents = Json::array();
    for (const FoundSpan& span : without_overlaps(spans)) ents.push_back(span_json(span));
    Json all = Json::array();
    for (const FoundSpan& span : spans) all.push_back(span_json(span));
    Json cats = Json::object();
    for (const Classification& task : row.result.classifications) {
      for (const ScoredLabel& label : task.labels) cats[label.label] = label.confidence;
    }
    Json doc = {{"id", row.record.id},     {"text", text},
                {"ents", std::move(ents)}, {"spans", {{"sc", std::move(all)}}},
                {"cats", std::move(cats)}, {"tokens", tokens_json(text)}};
    if (row.result.truncated_words > 0) doc["truncated_words"] = row.result.truncated_words;
    if (row.result.truncated_tokens > 0) doc["truncated_tokens"] = row.result.truncated_tokens;
    return dump_row(doc) + "\n";
  }

  std::string error_row(const Row& row, const std::string& message) const override {
    return dump_row({{"id", row.record.id}, {"error", message}}) + "\n";
  }

 private:
  /// Offsets in code points.
  static Json tokens_json(const std::string& text) {
    Json tokens = Json::array();
    std::size_t at = 0;
    std::int64_t characters = 0;  // before `at`
    for (const TokenRange& token : tokens_of(text)) {
      characters += code_points(std::string_view(text).substr(at, token.begin - at));
      const std::int64_t length =
          code_points(std::string_view(text).substr(token.begin, token.end - token.begin));
      tokens.push_back({{"id", tokens.size()}, {"start", characters}, {"end", characters + length}});
      characters += length;
      at = token.end;
    }
    return tokens;
  }
};

}  // namespace

std::unique_ptr<RowFormat> make_spacy() { return std::make_unique<Spacy>(); }

}  // namespace gliner::cli
