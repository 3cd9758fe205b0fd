#include <fmt/format.h>

#include <set>

#include "gliner/error.h"
#include "schema/json_forms.h"
#include "schema/json_reader.h"
#include "text/python_string.h"

namespace gliner {
namespace {

Dtype read_dtype(const JsonReader& reader) {
  const std::string name = reader.as_string();
  if (name == "list") return Dtype::kList;
  if (name == "str") return Dtype::kStr;
  reader.fail("\"str\" or \"list\"");
}

double read_threshold(const JsonReader& reader) {
  const double threshold = reader.as_number();
  if (!(threshold >= 0 && threshold <= 1)) reader.fail("a number in [0, 1]");
  return threshold;
}

std::optional<double> optional_threshold(const JsonReader& reader, const char* key = "threshold") {
  return reader.has_value(key) ? std::optional(read_threshold(reader.at(key))) : std::nullopt;
}

std::string read_enum(const JsonReader& reader, std::initializer_list<const char*> values) {
  const std::string found = reader.as_string();
  std::string known;
  for (const char* value : values) {
    if (found == value) return found;
    known += (known.empty() ? "" : ", ") + std::string(value);
  }
  reader.fail("one of " + known);
}

/// Names of a list or an object: at least one, none blank, none twice.
std::vector<std::string> read_names(const JsonReader& reader) {
  std::vector<std::string> names;
  if (reader.value().is_object()) {
    for (const auto& [name, unused] : reader.value().items()) names.push_back(name);
  } else if (reader.value().is_array()) {
    names = reader.as_strings();
  } else {
    reader.fail("a list of names or an object {name: description or options}");
  }
  if (names.empty()) reader.fail("at least one name");
  std::set<std::string> seen;
  for (const std::string& name : names) {
    if (py_strip(name).empty()) reader.fail("names that are not blank");
    if (!seen.insert(name).second) reader.fail(fmt::format("unique names (\"{}\" stands twice)", name));
  }
  return names;
}

void read_entities(SchemaSpec& spec, const JsonReader& reader) {
  std::vector<EntityType> types;
  for (const std::string& name : read_names(reader)) {
    EntityType type{name, {}, {}, {}, {}};
    if (reader.value().is_object()) {
      const JsonReader config = reader.at(name);
      if (config.value().is_string()) {
        type.description = config.as_string();
      } else {
        config.expect_only({"description", "dtype", "threshold"});
        type.description = config.optional_string("description");
        if (config.has_value("dtype")) type.dtype = read_dtype(config.at("dtype"));
        type.threshold = optional_threshold(config);
      }
    }
    types.push_back(std::move(type));
  }
  add_entities(spec, types, {});
}

void read_attributes(SchemaSpec& spec, const JsonReader& reader) {
  reader.expect_object();
  std::vector<AttributeGroup> groups;
  for (const auto& [name, unused] : reader.value().items()) {
    const JsonReader config = reader.at(name);
    config.expect_only({"labels", "multi_label", "threshold", "applies_to", "qualify_labels"});
    if (!config.has("labels")) config.fail("an object with \"labels\"");
    AttributeGroup group;
    group.name = name;
    group.labels = config.at("labels").as_strings();
    if (group.labels.empty()) config.at("labels").fail("at least one label");
    group.multi_label = config.optional_bool("multi_label", false);
    group.threshold = optional_threshold(config).value_or(0.5);
    if (config.has_value("applies_to")) group.applies_to = config.at("applies_to").as_strings();
    group.qualify_labels = config.optional_bool("qualify_labels", false);
    groups.push_back(std::move(group));
  }
  set_entity_attributes(spec, groups);
}

RecordField read_field(const JsonReader& reader) {
  reader.expect_only({"name", "dtype", "choices", "description", "threshold", "cardinality", "exclusive"});
  RecordField field;
  field.name = reader.required_string("name");
  if (field.name.empty()) reader.at("name").fail("a name that is not empty");
  if (reader.has("dtype")) field.dtype = read_dtype(reader.at("dtype"));
  if (reader.has_value("choices")) {
    field.choices = reader.at("choices").as_strings();
    if (field.choices.empty()) reader.at("choices").fail("at least one choice");
  }
  field.description = reader.optional_string("description");
  field.threshold = optional_threshold(reader);
  if (reader.has_value("cardinality")) {
    field.cardinality =
        read_enum(reader.at("cardinality"), {"optional_one", "required_one", "zero_or_more", "one_or_more"});
  }
  field.exclusive = reader.optional_bool("exclusive", false);
  return field;
}

void read_strict_structures(SchemaSpec& spec, const JsonReader& reader) {
  reader.expect_object();
  if (reader.value().empty()) reader.fail("at least one structure");
  for (const auto& [name, unused] : reader.value().items()) {
    if (py_strip(name).empty()) reader.fail("structure names that are not blank");
    const JsonReader config = reader.at(name);
    config.expect_only({"fields", "mode", "anchor", "occurrence_policy"});
    if (!config.has("fields")) config.fail("an object with \"fields\"");
    const JsonReader list = config.at("fields");
    list.expect_array();
    if (list.value().empty()) list.fail("at least one field");
    std::vector<RecordField> fields;
    for (std::size_t i = 0; i < list.value().size(); ++i) fields.push_back(read_field(list.at(i)));
    RecordOptions options;
    options.mode = config.optional_string("mode");
    options.anchor = config.optional_string("anchor");
    options.occurrence_policy = config.optional_string("occurrence_policy");
    add_structure(spec, name, fields, options);
  }
}

void read_classification(SchemaSpec& spec, const JsonReader& reader) {
  reader.expect_only(
      {"task", "labels", "multi_label", "cls_threshold", "top_k", "class_act", "prompt", "examples"});
  const std::string task = reader.required_string("task");
  if (task.empty()) reader.at("task").fail("a name that is not empty");
  if (!reader.has("labels")) reader.fail("an object with \"labels\"");
  const JsonReader list = reader.at("labels");
  std::vector<ClassLabel> labels;
  for (const std::string& name : read_names(list)) {
    std::optional<std::string> description;
    if (list.value().is_object()) description = list.at(name).as_string();
    labels.push_back({name, std::move(description)});
  }
  if (labels.size() < 2) list.fail("at least two labels");

  ClassificationOptions options;
  options.multi_label = reader.optional_bool("multi_label", false);
  options.cls_threshold = optional_threshold(reader, "cls_threshold").value_or(0.5);
  options.top_k = reader.optional_int("top_k");
  if (reader.has_value("class_act")) {
    const std::string act = read_enum(reader.at("class_act"), {"auto", "sigmoid", "softmax"});
    if (act == "sigmoid") options.class_act = ClassificationOptions::Activation::kSigmoid;
    if (act == "softmax") options.class_act = ClassificationOptions::Activation::kSoftmax;
  }
  options.prompt = reader.optional_string("prompt");
  if (reader.has_value("examples")) {
    const JsonReader pairs = reader.at("examples");
    pairs.expect_array();
    for (std::size_t i = 0; i < pairs.value().size(); ++i) {
      const std::vector<std::string> pair = pairs.at(i).as_strings();
      if (pair.size() != 2) pairs.at(i).fail("a pair [input, label]");
      options.examples.emplace_back(pair[0], pair[1]);
    }
  }
  add_classification(spec, task, labels, options);
}

void read_classifications(SchemaSpec& spec, const JsonReader& reader) {
  reader.expect_array();
  if (reader.value().empty()) reader.fail("at least one task");
  std::set<std::string> seen;
  for (std::size_t i = 0; i < reader.value().size(); ++i) {
    read_classification(spec, reader.at(i));
    if (!seen.insert(spec.classifications.back().task).second) reader.at(i).fail("a task name of its own");
  }
}

void read_relations(SchemaSpec& spec, const JsonReader& reader) {
  std::vector<RelationType> types;
  for (const std::string& name : read_names(reader)) {
    RelationType type{name, {}, {}};
    if (reader.value().is_object()) {
      const JsonReader config = reader.at(name);
      if (config.value().is_string()) {
        type.description = config.as_string();
      } else {
        config.expect_only({"description", "threshold"});
        type.description = config.optional_string("description");
        type.threshold = optional_threshold(config);
      }
    }
    types.push_back(std::move(type));
  }
  add_relations(spec, types, {});
}

}  // namespace

SchemaSpec read_strict_schema(const Json& json) {
  const JsonReader reader(json, "schema");
  reader.expect_only({"entities", "structures", "classifications", "relations", "entity_attributes"});
  if (!reader.has_value("entities") && !reader.has_value("structures") &&
      !reader.has_value("classifications") && !reader.has_value("relations")) {
    reader.fail("at least one of entities, structures, classifications, relations");
  }
  SchemaSpec spec;
  if (reader.has_value("entities")) {
    read_entities(spec, reader.at("entities"));
    if (reader.has_value("entity_attributes")) read_attributes(spec, reader.at("entity_attributes"));
  } else if (reader.has_value("entity_attributes")) {
    reader.fail("entities beside entity_attributes");
  }
  if (reader.has_value("structures")) read_strict_structures(spec, reader.at("structures"));
  if (reader.has_value("classifications")) read_classifications(spec, reader.at("classifications"));
  if (reader.has_value("relations")) read_relations(spec, reader.at("relations"));
  return spec;
}

}  // namespace gliner
