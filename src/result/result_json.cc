// The only place that knows the reference's output shapes (gliner2/inference/runtime.py, format_results).
#include <algorithm>
#include <set>
#include <tuple>

#include "base/json.h"
#include "base/ordered_map.h"
#include "gliner/error.h"
#include "gliner/result.h"
#include "result/result_detail.h"
#include "text/python_string.h"

namespace gliner {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

Json scored_json(const ScoredLabel& label) {
  return {{"label", label.label}, {"confidence", label.confidence}};
}

/// Shapes of single values, as the options ask.
class ValueWriter {
 public:
  explicit ValueWriter(const ExtractOptions& options) : options_(options) {}

  /// "x", {"text", "confidence"}, {"text", "start", "end"} or all four. A choice has no place in the text.
  Json mention(const Mention& mention, bool choice = false) const {
    const bool place = options_.include_spans && !choice;
    if (!options_.include_confidence && !place) return mention.text;
    return object(mention, place);
  }

  /// An entity of a schema with attributes is an object even without flags.
  Json entity(const Entity& entity, bool with_attributes) const {
    if (!with_attributes) return mention(entity);
    Json out = object(entity, options_.include_spans);
    for (const Attribute& attribute : entity.attributes) {
      if (attribute.multi_label) {
        Json labels = Json::array();
        for (const ScoredLabel& label : attribute.labels) labels.push_back(scored_json(label));
        out[attribute.group] = std::move(labels);
      } else {
        out[attribute.group] = scored_json(attribute.labels.front());
      }
    }
    return out;
  }

  Json relation(const Relation& relation) const {
    if (!options_.include_confidence && !options_.include_spans) {
      return Json::array({relation.head.text, relation.tail.text});
    }
    return {{"head", mention(relation.head)}, {"tail", mention(relation.tail)}};
  }

  /// What the raw form shows for a single value that was not found.
  Json missing_entity(bool with_attributes) const {
    if (with_attributes || options_.include_confidence || options_.include_spans) return nullptr;
    return "";
  }

 private:
  Json object(const Mention& mention, bool place) const {
    Json out = {{"text", mention.text}};
    if (options_.include_confidence) out["confidence"] = mention.confidence;
    if (place) {
      out["start"] = mention.begin;
      out["end"] = mention.end;
    }
    return out;
  }

  const ExtractOptions& options_;
};

/// Drops later items with the same lower-cased text (and the same place, where places are shown). So without
/// places repeated mentions vanish, as in the reference.
Json drop_repeats(const Json& items) {
  std::set<std::tuple<std::string, std::int64_t, std::int64_t>> seen;
  Json unique = Json::array();
  for (const Json& item : items) {
    const bool object = item.is_object();
    const std::string text = object ? item.value("text", std::string()) : item.get<std::string>();
    const bool placed = object && item.contains("start") && item.contains("end");
    const std::int64_t begin = placed ? item.at("start").get<std::int64_t>() : -1;
    const std::int64_t end = placed ? item.at("end").get<std::int64_t>() : -1;
    if (!text.empty() && seen.emplace(py_lower(text), begin, end).second) unique.push_back(item);
  }
  return unique;
}

/// format_entity_dict and format_struct on one object of values.
Json format_values(const Json& values, bool keep_repeats) {
  Json out = Json::object();
  for (const auto& [key, value] : values.items()) {
    if (value.is_array()) {
      out[key] = keep_repeats ? value : drop_repeats(value);
    } else {
      const bool blank =
          value.is_null() || (value.is_string() && value.get_ref<const std::string&>().empty());
      out[key] = blank ? Json() : value;
    }
  }
  return out;
}

class ResultWriter {
 public:
  ResultWriter(const Result& result, const ResultDetail& detail)
      : result_(result), detail_(detail), write_(detail.options) {}

  Json raw() const {
    Json out = Json::object();
    for (const TaskEntry& entry : detail_.tasks) out[entry.key] = raw_value(entry);
    return out;
  }

  /// The reference's public form, with its one flat namespace.
  Json formatted() const {
    OrderedMap<const TaskEntry*> filed;  // a later task of the same key replaces the earlier in its place
    for (const TaskEntry& entry : detail_.tasks) filed[entry.key] = &entry;
    Json out = Json::object();
    Json relations = Json::object();
    for (const auto& [key, entry] : filed) {
      const Json value = raw_value(*entry);
      if (contains(detail_.classification_tasks, key)) {
        out[key] = entry->kind == ResultKind::kClassification ? classification(*entry) : value;
      } else if (contains(detail_.requested_relations, key) || looks_like_relation(*entry, value)) {
        relations[key] = value.is_array() ? value : Json::array();
      } else {
        out[key] = formatted_value(*entry, value);
      }
    }
    add_requested(relations);
    if (!relations.empty()) out["relation_extraction"] = std::move(relations);
    return out;
  }

  /// The sensible form: every task keeps its kind and, where two share a name, its own key.
  Json corrected() const {
    Json out = Json::object();
    Json relations = Json::object();
    for (const TaskEntry& entry : detail_.tasks) {
      switch (entry.kind) {
        case ResultKind::kRelation:
          relations[free_key(relations, entry.name, "relation")] =
              entry.empty ? Json::array() : raw_value(entry);
          break;
        case ResultKind::kEntities:
          out["entities"] = formatted_value(entry, raw_value(entry));
          break;
        case ResultKind::kRecords:
          out[free_key(out, entry.name, "structure")] =
              entry.empty ? Json::array() : formatted_value(entry, raw_value(entry));
          break;
        case ResultKind::kClassification:
          out[free_key(out, entry.name, "classification")] = classification(entry);
          break;
      }
    }
    add_requested(relations);
    if (!relations.empty()) out["relation_extraction"] = std::move(relations);
    return out;
  }

 private:
  Json raw_value(const TaskEntry& entry) const {
    switch (entry.kind) {
      case ResultKind::kEntities:
        return raw_entities(entry);
      case ResultKind::kRelation:
        return raw_relations(entry);
      case ResultKind::kRecords:
        return raw_records(entry);
      case ResultKind::kClassification:
        return raw_classification(entry);
    }
    return nullptr;
  }

  Json raw_entities(const TaskEntry& entry) const {
    if (entry.empty || result_.entities.empty()) return Json::array();
    const bool attributed = detail_.entities_have_attributes;
    Json object = Json::object();
    for (const EntityList& list : result_.entities) {
      Json values = Json::array();
      for (const Entity& entity : list.entities) values.push_back(write_.entity(entity, attributed));
      if (!list.single) {
        object[list.label] = std::move(values);
      } else {
        object[list.label] = values.empty() ? write_.missing_entity(attributed) : values.front();
      }
    }
    return Json::array({std::move(object)});
  }

  Json raw_relations(const TaskEntry& entry) const {
    if (entry.empty) return Json::object();  // a relation without roles
    Json out = Json::array();
    for (const Relation& relation : result_.relations[entry.index].relations)
      out.push_back(write_.relation(relation));
    return out;
  }

  Json raw_records(const TaskEntry& entry) const {
    if (entry.empty) return Json::object();
    Json out = Json::array();
    for (const Record& record : result_.records[entry.index].records) {
      Json object = Json::object();
      for (const FieldValue& field : record.fields) {
        Json values = Json::array();
        for (const Mention& value : field.values) values.push_back(write_.mention(value, field.choice));
        object[field.field] = !field.single ? std::move(values) : values.empty() ? Json() : values.front();
      }
      out.push_back(std::move(object));
    }
    return out;
  }

  Json raw_classification(const TaskEntry& entry) const {
    const Classification& found = result_.classifications[entry.index];
    Json pairs = Json::array();
    for (const ScoredLabel& label : found.labels)
      pairs.push_back(Json::array({label.label, label.confidence}));
    return found.multi_label ? pairs : pairs.front();
  }

  Json classification(const TaskEntry& entry) const {
    const Classification& found = result_.classifications[entry.index];
    Json labels = Json::array();
    for (const ScoredLabel& label : found.labels) {
      labels.push_back(detail_.options.include_confidence ? scored_json(label) : Json(label.label));
    }
    return found.multi_label ? labels : labels.front();
  }

  /// The reference takes any list whose first item has a head and a tail for a relation.
  static bool looks_like_relation(const TaskEntry& entry, const Json& value) {
    if (!value.is_array() || value.empty()) return false;
    if (entry.kind == ResultKind::kRelation) return true;
    const Json& first = value.front();
    return first.is_object() && first.contains("head") && first.contains("tail");
  }

  Json formatted_value(const TaskEntry& entry, const Json& value) const {
    const bool keep_repeats = detail_.options.corrected;
    if (value.is_object()) return format_values(value, keep_repeats);
    if (entry.kind == ResultKind::kEntities) {
      return value.empty() ? Json::object() : format_values(value.front(), keep_repeats);
    }
    Json out = Json::array();
    for (const Json& item : value) out.push_back(item.is_object() ? format_values(item, keep_repeats) : item);
    return out;
  }

  void add_requested(Json& relations) const {
    for (const std::string& name : detail_.requested_relations) {
      if (!relations.contains(name)) relations[name] = Json::array();
    }
  }

  /// `name`, or `name (kind)` where an object of the result already has that key.
  std::string free_key(const Json& object, const std::string& name, const char* kind) const {
    const bool reserved =
        std::any_of(detail_.tasks.begin(), detail_.tasks.end(), [&name](const TaskEntry& entry) {
          return (entry.kind == ResultKind::kEntities && name == "entities") ||
                 (entry.kind == ResultKind::kRelation && name == "relation_extraction");
        });
    if (!reserved && !object.contains(name)) return name;
    return name + " (" + kind + ")";
  }

  const Result& result_;
  const ResultDetail& detail_;
  ValueWriter write_;
};

}  // namespace

std::string to_json(const Result& result, int indent) {
  if (result.error) throw InputError("this text has no result: " + *result.error);
  if (result.detail == nullptr) return dump_json(Json::object(), indent);
  const ResultDetail& detail = *result.detail;
  if (detail.merged) return dump_json(detail.merged_json, indent);
  const ResultWriter writer(result, detail);
  if (!detail.options.format_results) return dump_json(writer.raw(), indent);
  return dump_json(detail.options.corrected ? writer.corrected() : writer.formatted(), indent);
}

}  // namespace gliner
