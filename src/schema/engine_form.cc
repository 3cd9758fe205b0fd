#include <fmt/format.h>

#include "gliner/error.h"
#include "schema/json_forms.h"
#include "schema/json_reader.h"

namespace gliner {
namespace {

void mark_malformed(SchemaSpec& spec, const std::string& reason) {
  if (spec.malformed.empty()) spec.malformed = reason;
}

void read_descriptions(OrderedMap<std::string>& out, const Json& json, SchemaSpec& spec, const char* key) {
  if (!json.is_object()) return mark_malformed(spec, fmt::format("{}: expected an object", key));
  for (const auto& [name, description] : json.items()) {
    out[name] = description.is_string() ? description.get<std::string>() : dump_json(description);
  }
}

void read_structure(SchemaSpec& spec, const std::string& name, const Json& fields) {
  if (!fields.is_object()) {
    return mark_malformed(spec, fmt::format("json_structures.{}: expected an object of fields", name));
  }
  StructureDecl decl;
  decl.name = name;
  for (const auto& [field, value] : fields.items()) {
    FieldDecl& slot = decl.fields[field];
    if (value.is_object()) {
      if (!value.contains("value") || !value.contains("choices") || !value.at("choices").is_array()) {
        return mark_malformed(
            spec,
            fmt::format("json_structures.{}.{}: expected \"\" or {{\"value\", \"choices\"}}", name, field));
      }
      for (const Json& choice : value.at("choices")) {
        if (!choice.is_string()) {
          return mark_malformed(spec,
                                fmt::format("json_structures.{}.{}: choices must be strings", name, field));
        }
        slot.choices.push_back(choice.get<std::string>());
      }
    }
    spec.field_rules[name + "." + field] = ValueRule{};
  }
  spec.structures.push_back(std::move(decl));
}

void read_entities(SchemaSpec& spec, const Json& entities) {
  const auto add = [&spec](const std::string& name) {
    if (!spec.entities.contains(name)) spec.entity_order.push_back(name);
    spec.entities[name] = true;
    spec.entity_rules[name] = ValueRule{};
  };
  if (entities.is_object()) {
    for (const auto& [name, unused] : entities.items()) add(name);
  } else if (entities.is_array()) {
    for (const Json& name : entities) {
      if (!name.is_string()) return mark_malformed(spec, "entities: names must be strings");
      add(name.get<std::string>());
    }
  } else {
    mark_malformed(spec, "entities: expected an object or a list of names");
  }
}

void read_relations(SchemaSpec& spec, const Json& relations) {
  if (!relations.is_array()) return mark_malformed(spec, "relations: expected a list");
  for (const Json& item : relations) {
    if (!item.is_object()) return mark_malformed(spec, "relations: expected {name: {head, tail}}");
    for (const auto& [name, fields] : item.items()) {
      if (!fields.is_object())
        return mark_malformed(spec, fmt::format("relations.{}: expected an object", name));
      RelationDecl decl{name, {}};
      for (const auto& [field, unused] : fields.items()) decl.fields.push_back(field);
      spec.relations.push_back(std::move(decl));
    }
  }
}

void read_classification(SchemaSpec& spec, const JsonReader& reader) {
  reader.expect_object();
  ClassificationDecl decl;
  decl.task = reader.required_string("task");
  const Json labels = reader.has("labels") ? reader.value().at("labels") : Json();
  if (!labels.is_array()) {
    mark_malformed(spec, fmt::format("{}: labels must be a list", reader.path()));
  } else {
    for (const Json& label : labels) {
      if (!label.is_string()) {
        mark_malformed(spec, fmt::format("{}: labels must be strings", reader.path()));
        break;
      }
      decl.labels.push_back(label.get<std::string>());
    }
  }
  decl.options.multi_label = reader.optional_bool("multi_label", false);
  decl.options.cls_threshold = reader.optional_number("cls_threshold").value_or(0.5);
  decl.options.top_k = reader.optional_int("top_k");
  const std::string act = reader.optional_string("class_act").value_or("auto");
  if (act == "sigmoid") decl.options.class_act = ClassificationOptions::Activation::kSigmoid;
  if (act == "softmax") decl.options.class_act = ClassificationOptions::Activation::kSoftmax;
  decl.options.prompt = reader.optional_string("prompt");
  if (reader.has_value("label_descriptions")) {
    read_descriptions(decl.label_descriptions, reader.value().at("label_descriptions"), spec,
                      "label_descriptions");
  }
  if (reader.has_value("examples")) {
    const JsonReader pairs = reader.at("examples");
    pairs.expect_array();
    for (std::size_t i = 0; i < pairs.value().size(); ++i) {
      const std::vector<std::string> pair = pairs.at(i).as_strings();
      if (pair.size() != 2) pairs.at(i).fail("a pair [input, label]");
      decl.options.examples.emplace_back(pair[0], pair[1]);
    }
  }
  spec.classifications.push_back(std::move(decl));
}

}  // namespace

SchemaSpec read_engine_schema(const Json& json) {
  const JsonReader reader(json, "schema");
  reader.expect_object();
  SchemaSpec spec;
  // Keys that the reference does not read are ignored, as there.
  if (json.contains("json_structures")) {
    if (!json.at("json_structures").is_array()) mark_malformed(spec, "json_structures: expected a list");
    for (const Json& item : json.at("json_structures")) {
      if (!item.is_object()) {
        mark_malformed(spec, "json_structures: expected {name: {field: value}}");
        break;
      }
      for (const auto& [name, fields] : item.items()) read_structure(spec, name, fields);
    }
  }
  if (json.contains("entities")) read_entities(spec, json.at("entities"));
  if (json.contains("relations")) read_relations(spec, json.at("relations"));
  if (json.contains("classifications")) {
    const JsonReader list = reader.at("classifications");
    list.expect_array();
    for (std::size_t i = 0; i < list.value().size(); ++i) read_classification(spec, list.at(i));
  }
  if (json.contains("json_descriptions") && json.at("json_descriptions").is_object()) {
    for (const auto& [name, fields] : json.at("json_descriptions").items()) {
      read_descriptions(spec.structure_descriptions[name], fields, spec, "json_descriptions");
    }
  }
  if (json.contains("entity_descriptions")) {
    read_descriptions(spec.entity_descriptions, json.at("entity_descriptions"), spec, "entity_descriptions");
  }
  if (json.contains("relation_descriptions")) {
    read_descriptions(spec.relation_descriptions, json.at("relation_descriptions"), spec,
                      "relation_descriptions");
  }
  return spec;
}

}  // namespace gliner
