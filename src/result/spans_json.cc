// GLiNER v1's own output shape (gliner/model.py, _map_entities_to_original and _process_relations).
#include <algorithm>
#include <utility>

#include "base/json.h"
#include "gliner/error.h"
#include "gliner/result.h"
#include "result/result_detail.h"

namespace gliner {
namespace {

Json span_json(const Span& span) {
  Json out = {{"start", span.begin},
              {"end", span.end},
              {"text", span.text},
              {"label", span.label},
              {"score", span.confidence}};
  if (span.generated_labels) out["generated_labels"] = *span.generated_labels;
  if (!span.class_scores.empty()) {
    Json scores = Json::object();
    for (const ScoredLabel& label : span.class_scores) scores[label.label] = label.confidence;
    out["class_probs"] = std::move(scores);
  }
  if (!span.vector.empty()) out["vector"] = span.vector;
  if (!span.label_vector.empty()) out["label_vector"] = span.label_vector;
  return out;
}

Json end_json(const Span& span, std::size_t index) {
  return {{"start", span.begin},
          {"end", span.end},
          {"text", span.text},
          {"type", span.label},
          {"entity_idx", index}};
}

Json relation_json(const SpanRelation& relation, const std::vector<Span>& spans) {
  Json out = {{"head", end_json(spans[relation.head], relation.head)},
              {"tail", end_json(spans[relation.tail], relation.tail)},
              {"relation", relation.relation},
              {"score", relation.confidence}};
  if (!relation.vector.empty()) out["vector"] = relation.vector;
  if (!relation.label_vector.empty()) out["label_vector"] = relation.label_vector;
  if (!relation.head_vector.empty()) out["head_relation_vector"] = relation.head_vector;
  if (!relation.tail_vector.empty()) out["tail_relation_vector"] = relation.tail_vector;
  return out;
}

/// The flat lists of a model that files its entities by label. The ends of its relations are spans of their
/// own, without a label, where they are no entities.
class FlatLists {
 public:
  explicit FlatLists(const Result& result) {
    for (const EntityList& list : result.entities) {
      for (const Entity& entity : list.entities) add(entity, list.label);
    }
    std::stable_sort(spans.begin(), spans.end(), [](const Span& a, const Span& b) {
      return a.begin != b.begin ? a.begin < b.begin : a.confidence > b.confidence;
    });
    for (const RelationList& list : result.relations) {
      for (const Relation& found : list.relations) {
        SpanRelation relation;
        relation.head = index_of(found.head);
        relation.tail = index_of(found.tail);
        relation.relation = list.name;
        relation.confidence = std::min(found.head.confidence, found.tail.confidence);
        relations.push_back(std::move(relation));
      }
    }
  }

  std::vector<Span> spans;
  std::vector<SpanRelation> relations;

 private:
  void add(const Mention& mention, const std::string& label) {
    Span span;
    static_cast<Mention&>(span) = mention;
    span.label = label;
    spans.push_back(std::move(span));
  }

  std::size_t index_of(const Mention& mention) {
    const auto found = std::find_if(spans.begin(), spans.end(), [&mention](const Span& span) {
      return span.begin == mention.begin && span.end == mention.end;
    });
    if (found != spans.end()) return static_cast<std::size_t>(found - spans.begin());
    add(mention, "");
    return spans.size() - 1;
  }
};

Json lists_json(const std::vector<Span>& spans, const std::vector<SpanRelation>& relations,
                bool with_relations) {
  Json entities = Json::array();
  for (const Span& span : spans) entities.push_back(span_json(span));
  if (!with_relations) return entities;
  Json links = Json::array();
  for (const SpanRelation& relation : relations) links.push_back(relation_json(relation, spans));
  return {{"entities", std::move(entities)}, {"relations", std::move(links)}};
}

}  // namespace

std::string to_spans_json(const Result& result, int indent) {
  if (result.error) throw InputError("this text has no result: " + *result.error);
  const bool with_relations =
      !result.relations.empty() || (result.detail && !result.detail->requested_relations.empty());
  if (!result.spans.empty()) {
    return dump_json(lists_json(result.spans, result.span_relations, with_relations), indent);
  }
  const FlatLists lists(result);
  return dump_json(lists_json(lists.spans, lists.relations, with_relations), indent);
}

}  // namespace gliner
