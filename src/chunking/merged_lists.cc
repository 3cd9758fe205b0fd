#include "chunking/merged_lists.h"

#include <algorithm>

#include "chunking/merge_reference.h"

namespace gliner {
namespace {

Mention read_mention(const Json& value) {
  Mention mention;
  if (value.is_string()) mention.text = value.get<std::string>();
  if (!value.is_object()) return mention;
  mention.text = value.value("text", std::string());
  mention.confidence = value.value("confidence", 0.0);
  if (is_span_object(value)) {
    mention.begin = value.at("start").get<std::int64_t>();
    mention.end = value.at("end").get<std::int64_t>();
  }
  return mention;
}

ScoredLabel read_label(const Json& value) {
  if (!value.is_object()) return {value.is_string() ? value.get<std::string>() : std::string(), 0};
  return {value.value("label", std::string()), value.value("confidence", 0.0)};
}

/// Items of a list, a single value as one, null as none.
std::vector<Json> items_of(const Json& value) {
  if (value.is_null()) return {};
  if (!value.is_array()) return {value};
  return {value.begin(), value.end()};
}

Entity read_entity(const Json& value, const SchemaSpec& spec) {
  Entity entity;
  static_cast<Mention&>(entity) = read_mention(value);
  for (const AttributeGroup& group : spec.attribute_groups) {
    if (!value.is_object() || !value.contains(group.name)) continue;
    Attribute attribute{group.name, group.multi_label, {}};
    for (const Json& label : items_of(value.at(group.name))) attribute.labels.push_back(read_label(label));
    entity.attributes.push_back(std::move(attribute));
  }
  return entity;
}

bool is_single(const std::map<std::string, ValueRule>& rules, const std::string& key) {
  const auto found = rules.find(key);
  return found != rules.end() && found->second.dtype == Dtype::kStr;
}

RecordList read_records(const std::string& structure, const Json& records, const SchemaSpec& spec) {
  RecordList list{structure, {}};
  for (const Json& item : items_of(records)) {
    if (!item.is_object() || item.empty()) continue;
    Record record;
    for (const auto& [field, value] : item.items()) {
      FieldValue out{field, is_single(spec.field_rules, structure + "." + field), false, {}};
      for (const StructureDecl& decl : spec.structures) {
        const FieldDecl* found = decl.name == structure ? decl.fields.find(field) : nullptr;
        out.choice = out.choice || (found != nullptr && !found->choices.empty());
      }
      for (const Json& mention : items_of(value)) out.values.push_back(read_mention(mention));
      record.fields.push_back(std::move(out));
    }
    list.records.push_back(std::move(record));
  }
  return list;
}

}  // namespace

void convert_places(Json& merged, const OffsetMap& map, OffsetUnit unit) {
  if (!merged.is_structured() || unit == OffsetUnit::kCodePoint) return;
  for (Json& item : merged) convert_places(item, map, unit);
  if (!is_span_object(merged)) return;
  for (const char* key : {"start", "end"}) {
    const std::int64_t place = merged.at(key).get<std::int64_t>();
    const std::int64_t inside =
        std::min(place, map.length_chars());  // an added full stop lies behind the text
    merged[key] = map.from_byte(map.byte_of_char(inside), unit) + (place - inside);
  }
}

void read_merged_lists(Result& result, const Json& merged, const SchemaSpec& spec) {
  for (const auto& [key, value] : merged.items()) {
    const auto task =
        std::find_if(spec.classifications.begin(), spec.classifications.end(),
                     [&name = key](const ClassificationDecl& decl) { return decl.task == name; });
    if (task != spec.classifications.end()) {
      Classification classification{key, task->options.multi_label, {}};
      for (const Json& label : items_of(value)) classification.labels.push_back(read_label(label));
      result.classifications.push_back(std::move(classification));
    } else if (key == "entities" && value.is_object()) {
      for (const auto& [label, found] : value.items()) {
        EntityList list{label, is_single(spec.entity_rules, label), {}};
        for (const Json& entity : items_of(found)) list.entities.push_back(read_entity(entity, spec));
        result.entities.push_back(std::move(list));
      }
    } else if (key == "relation_extraction" && value.is_object()) {
      for (const auto& [name, pairs] : value.items()) {
        RelationList list{name, {}};
        for (const Json& pair : items_of(pairs)) {
          if (!pair.is_object() || !pair.contains("head") || !pair.contains("tail")) continue;
          list.relations.push_back({read_mention(pair.at("head")), read_mention(pair.at("tail"))});
        }
        result.relations.push_back(std::move(list));
      }
    } else {
      result.records.push_back(read_records(key, value, spec));
    }
  }
}

}  // namespace gliner
