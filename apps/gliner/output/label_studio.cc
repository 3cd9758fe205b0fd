#include <algorithm>
#include <map>
#include <utility>

#include "output/formats.h"
#include "output/found_spans.h"

namespace gliner::cli {
namespace {

using Json = nlohmann::ordered_json;

/// The regions of one task; a span that several relations name is one region.
class Regions {
 public:
  explicit Regions(const std::string& text) : length_(utf16_units(text)) {}

  void add_span(const FoundSpan& span, const std::string& text) {
    region(span.begin, span.end, span.label, text, span.score);
  }

  void add_relation(const std::string& name, const Relation& relation) {
    results_.push_back({{"type", "relation"},
                        {"from_id", end_of(relation.head, name + " head")},
                        {"to_id", end_of(relation.tail, name + " tail")},
                        {"direction", "right"},
                        {"labels", {name}}});
  }

  void add_classes(const Classification& task) {
    Json choices = Json::array();
    double score = 1;
    for (const ScoredLabel& label : task.labels) {
      choices.push_back(label.label);
      score = std::min(score, label.confidence);
    }
    results_.push_back({{"id", "c" + std::to_string(results_.size())},
                        {"from_name", task.task},
                        {"to_name", "text"},
                        {"type", "choices"},
                        {"score", score},
                        {"value", {{"choices", std::move(choices)}}}});
  }

  Json take() { return std::move(results_); }

 private:
  /// The region of an end of a relation: an entity's where there is one at that place.
  std::string end_of(const Mention& mention, const std::string& label) {
    const std::int64_t end = std::min(mention.end, length_);
    const auto known = by_place_.find({mention.begin, end});
    return known != by_place_.end() ? known->second
                                    : region(mention.begin, end, label, mention.text, mention.confidence);
  }

  std::string region(std::int64_t begin, std::int64_t end, const std::string& label, const std::string& text,
                     double score) {
    const std::string id = "s" + std::to_string(results_.size());
    by_place_.emplace(std::make_pair(begin, end), id);
    results_.push_back({{"id", id},
                        {"from_name", "label"},
                        {"to_name", "text"},
                        {"type", "labels"},
                        {"score", score},
                        {"value", {{"start", begin}, {"end", end}, {"text", text}, {"labels", {label}}}}});
    return id;
  }

  std::int64_t length_;
  Json results_ = Json::array();
  std::map<std::pair<std::int64_t, std::int64_t>, std::string> by_place_;
};

class LabelStudio : public RowFormat {
 public:
  std::string head() const override { return "["; }
  std::string foot() const override { return "\n]\n"; }
  std::optional<OffsetUnit> offset_unit() const override { return OffsetUnit::kUtf16; }

  std::string result_row(const Row& row) const override {
    const Result& result = row.result;
    Regions regions(row.record.text);
    const std::int64_t length = utf16_units(row.record.text);
    for (const EntityList& list : result.entities) {
      for (const Entity& entity : list.entities) {
        const FoundSpan span = {entity.begin, std::min(entity.end, length), list.label, entity.confidence};
        if (span.begin >= 0 && span.begin < span.end) regions.add_span(span, entity.text);
      }
    }
    for (const RelationList& list : result.relations) {
      for (const Relation& relation : list.relations) regions.add_relation(list.name, relation);
    }
    for (const Classification& task : result.classifications) regions.add_classes(task);
    Json task = {{"data", {{"text", row.record.text}, {"id", row.record.id}}},
                 {"predictions", {{{"model_version", "gliner"}, {"result", regions.take()}}}}};
    if (result.truncated_words > 0) task["data"]["truncated_words"] = result.truncated_words;
    if (result.truncated_tokens > 0) task["data"]["truncated_tokens"] = result.truncated_tokens;
    if (!result.records.empty()) task["data"]["records"] = Json::parse(to_json(result));
    return separator(row) + dump_row(task);
  }

  std::string error_row(const Row& row, const std::string& message) const override {
    return separator(row) +
           dump_row({{"data", {{"text", row.record.text}, {"id", row.record.id}, {"error", message}}}});
  }

 private:
  static std::string separator(const Row& row) { return row.index == 0 ? "\n" : ",\n"; }
};

}  // namespace

std::unique_ptr<RowFormat> make_label_studio() { return std::make_unique<LabelStudio>(); }

}  // namespace gliner::cli
