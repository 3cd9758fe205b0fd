// The loose forms: what the reference's convenience methods and raw dictionaries accept. They are read with
// Python's tolerance, because results depend on it: what Python would trip over only while building the
// prompt makes the schema `malformed` instead of being refused (docs/differences.md).
#include <fmt/format.h>

#include <cmath>

#include "gliner/error.h"
#include "schema/json_forms.h"
#include "schema/json_reader.h"
#include "text/utf8.h"

namespace gliner {
namespace {

/// What an f-string shows for a value that should have been a string.
std::string py_text(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_null()) return "None";
  if (value.is_boolean()) return value.get<bool>() ? "True" : "False";
  return dump_json(value);
}

void mark_malformed(SchemaSpec& spec, const std::string& reason) {
  if (spec.malformed.empty()) spec.malformed = reason;
}

/// Keys of an object, entries of a list or the string itself; strings only, the rest is malformed.
std::vector<std::string> loose_names(SchemaSpec& spec, const JsonReader& reader, const char* kind) {
  std::vector<std::string> names;
  const Json& value = reader.value();
  if (value.is_string()) {
    names.push_back(value.get<std::string>());
  } else if (value.is_array()) {
    for (const Json& name : value) {
      if (name.is_string()) {
        names.push_back(name.get<std::string>());
      } else if (name.is_structured()) {
        reader.fail(fmt::format("{} as strings", kind));
      } else {
        mark_malformed(spec,
                       fmt::format("{}: {} must be strings, got {}", reader.path(), kind, dump_json(name)));
      }
    }
  } else if (value.is_object()) {
    for (const auto& [name, unused] : value.items()) names.push_back(name);
  } else {
    reader.fail(
        fmt::format("a name, a list of names or an object {{name: description or options}} for {}", kind));
  }
  return names;
}

RegexValidator read_validator(const JsonReader& reader) {
  reader.expect_only({"pattern", "mode", "exclude", "flags"});
  RegexValidator validator;
  validator.pattern = reader.required_string("pattern");
  const std::string mode = reader.optional_string("mode").value_or("full");
  if (mode != "full" && mode != "partial") reader.at("mode").fail("\"full\" or \"partial\"");
  validator.mode = mode == "full" ? RegexValidator::Mode::kFull : RegexValidator::Mode::kPartial;
  validator.exclude = reader.optional_bool("exclude", false);
  if (reader.has_value("flags")) validator.flags = reader.at("flags").as_int();
  return validator;
}

std::vector<RegexValidator> read_validators(const JsonReader& reader) {
  std::vector<RegexValidator> validators;
  reader.expect_array();
  for (std::size_t i = 0; i < reader.value().size(); ++i) validators.push_back(read_validator(reader.at(i)));
  return validators;
}

/// Anything but "list" is a single value to the reference.
Dtype read_loose_dtype(const JsonReader& reader) {
  return reader.value() == Json("list") ? Dtype::kList : Dtype::kStr;
}

/// The items of a list; of a string its characters, which Python iterates over as well.
Json iterated(const JsonReader& reader) {
  if (!reader.value().is_string()) return reader.expect_array().value();
  Json characters = Json::array();
  for (const char32_t character : to_utf32(reader.value().get_ref<const std::string&>())) {
    characters.push_back(to_utf8(std::u32string_view(&character, 1)));
  }
  return characters;
}

void add_classification_json(SchemaSpec& spec, const std::string& task, const JsonReader& labels,
                             const JsonReader& config) {
  std::vector<ClassLabel> names;
  if (labels.value().is_object()) {
    for (const auto& [name, description] : labels.value().items())
      names.push_back({name, py_text(description)});
  } else if (labels.value().is_array()) {
    for (const std::string& name : loose_names(spec, labels, "labels")) names.push_back({name, {}});
  } else {
    mark_malformed(spec, fmt::format("{}: labels must be a list or an object", labels.path()));
  }
  ClassificationOptions options;
  if (config.value().is_object()) {
    options.multi_label = config.optional_bool("multi_label", false);
    if (config.has("cls_threshold")) options.cls_threshold = config.at("cls_threshold").as_number();
    options.top_k = config.optional_int("top_k");
    const std::string act = config.optional_string("class_act").value_or("auto");
    if (act == "sigmoid") options.class_act = ClassificationOptions::Activation::kSigmoid;
    if (act == "softmax") options.class_act = ClassificationOptions::Activation::kSoftmax;
    options.prompt = config.optional_string("prompt");
    if (config.has_value("examples")) {
      const JsonReader pairs = config.at("examples");
      pairs.expect_array();
      for (std::size_t i = 0; i < pairs.value().size(); ++i) {
        const JsonReader pair = pairs.at(i);
        if (!pair.value().is_array() || pair.value().size() != 2) pair.fail("a pair [input, label]");
        // An output that is no string is never among the labels, so the example is not shown.
        if (pair.value()[1].is_string())
          options.examples.emplace_back(py_text(pair.value()[0]), pair.value()[1]);
      }
    }
  }
  add_classification(spec, task, names, options);
}

RecordField read_keyword_field(const JsonReader& reader) {
  reader.expect_only(
      {"name", "dtype", "choices", "description", "threshold", "validators", "cardinality", "exclusive"});
  RecordField field;
  field.name = reader.required_string("name");
  if (reader.has("dtype")) field.dtype = read_loose_dtype(reader.at("dtype"));
  if (reader.has_value("choices")) field.choices = reader.at("choices").as_strings();
  field.description = reader.optional_string("description");
  field.threshold = reader.optional_number("threshold");
  if (reader.has_value("validators")) field.validators = read_validators(reader.at("validators"));
  field.cardinality = reader.optional_string("cardinality");
  field.exclusive = reader.optional_bool("exclusive", false);
  return field;
}

AttributeGroup read_group(const std::string& name, const JsonReader& reader) {
  reader.expect_only({"labels", "multi_label", "threshold", "applies_to", "qualify_labels"});
  if (!reader.has("labels")) reader.fail("an object with \"labels\"");
  AttributeGroup group;
  group.name = name;
  group.labels = reader.at("labels").as_strings();
  group.multi_label = reader.optional_bool("multi_label", false);
  group.threshold = reader.optional_number("threshold").value_or(0.5);
  if (reader.has_value("applies_to")) group.applies_to = reader.at("applies_to").as_strings();
  group.qualify_labels = reader.optional_bool("qualify_labels", false);
  return group;
}

}  // namespace

void add_entities_json(SchemaSpec& spec, const Json& json, const EntityDefaults& defaults) {
  const JsonReader reader(json, "entities");
  std::vector<EntityType> types;
  for (const std::string& name : loose_names(spec, reader, "entity types")) {
    EntityType type{name, {}, {}, {}, {}};
    if (json.is_object()) {
      const JsonReader config = reader.at(name);
      if (config.value().is_string()) {
        type.description = config.as_string();
      } else if (config.value().is_object()) {
        if (config.has("description")) type.description = py_text(config.value().at("description"));
        if (config.has("dtype")) type.dtype = read_loose_dtype(config.at("dtype"));
        type.threshold = config.optional_number("threshold");
        if (config.has_value("validators")) type.validators = read_validators(config.at("validators"));
      }
    }
    types.push_back(std::move(type));
  }
  add_entities(spec, types, defaults);
}

void add_relations_json(SchemaSpec& spec, const Json& json, std::optional<double> threshold) {
  const JsonReader reader(json, "relations");
  std::vector<RelationType> types;
  for (const std::string& name : loose_names(spec, reader, "relation types")) {
    RelationType type{name, {}, {}};
    if (json.is_object()) {
      const JsonReader config = reader.at(name);
      if (config.value().is_string()) {
        type.description = config.as_string();
      } else if (config.value().is_object()) {
        type.description = config.optional_string("description");
        type.threshold = config.optional_number("threshold");
      }
    }
    types.push_back(std::move(type));
  }
  add_relations(spec, types, threshold);
}

SchemaSpec read_tasks(const Json& json) {
  const JsonReader reader(json, "tasks");
  reader.expect_object();
  SchemaSpec spec;
  for (const auto& [task, unused] : json.items()) {
    const JsonReader config = reader.at(task);
    // An object with the key "labels" is always a configuration, even when a label is called so.
    const bool configured = config.value().is_object() && config.has("labels");
    add_classification_json(spec, task, configured ? config.at("labels") : config,
                            configured ? config : JsonReader(Json(), config.path()));
  }
  return spec;
}

SchemaSpec read_structures(const Json& json) {
  const JsonReader reader(json, "structures");
  reader.expect_object();
  SchemaSpec spec;
  for (const auto& [name, unused] : json.items()) {
    const Json items = iterated(reader.at(name));
    const JsonReader list(items, reader.at(name).path());
    std::vector<RecordField> fields;
    for (std::size_t i = 0; i < list.value().size(); ++i) {
      const JsonReader item = list.at(i);
      RecordField field;
      if (item.value().is_string()) {
        static_cast<Field&>(field) = parse_field_spec(item.as_string());
      } else if (item.value().is_object()) {  // other keys are ignored, as in the reference
        field.name = item.optional_string("name").value_or("");
        if (item.has("dtype")) field.dtype = read_loose_dtype(item.at("dtype"));
        if (item.has_value("choices")) field.choices = item.at("choices").as_strings();
        field.description = item.optional_string("description");
      } else {
        item.fail("a field as \"name::str|list::[a|b]::description\" or an object");
      }
      fields.push_back(std::move(field));
    }
    add_structure(spec, name, fields, {});
  }
  return spec;
}

SchemaSpec read_builder_calls(const Json& json) {
  const JsonReader reader(json, "schema");
  reader.expect_array();
  SchemaSpec spec;
  // A structure is added when the next other call comes, as in the reference.
  std::optional<std::string> open;
  std::vector<RecordField> fields;
  RecordOptions options;
  const auto finish = [&] {
    if (open) add_structure(spec, *open, fields, options);
    open.reset();
    fields.clear();
    options = {};
  };
  for (std::size_t i = 0; i < json.size(); ++i) {
    const JsonReader call = reader.at(i);
    if (!call.value().is_array() || call.value().size() != 2) call.fail("a call [method, {argument: value}]");
    const std::string method = call.at(std::size_t{0}).as_string();
    const JsonReader args = call.at(std::size_t{1});
    args.expect_object();
    if (method == "field") {
      if (!open) call.fail("a structure before its fields");
      fields.push_back(read_keyword_field(args));
      continue;
    }
    finish();
    if (method == "structure") {
      args.expect_only({"name", "mode", "anchor", "occurrence_policy"});
      open = args.required_string("name");
      options = {args.optional_string("mode"), args.optional_string("anchor"),
                 args.optional_string("occurrence_policy")};
    } else if (method == "entities") {
      args.expect_only({"entity_types", "dtype", "threshold", "validators"});
      if (!args.has("entity_types")) args.fail("an object with \"entity_types\"");
      EntityDefaults defaults;
      if (args.has("dtype")) defaults.dtype = read_loose_dtype(args.at("dtype"));
      defaults.threshold = args.optional_number("threshold");
      if (args.has_value("validators")) defaults.validators = read_validators(args.at("validators"));
      add_entities_json(spec, args.value().at("entity_types"), defaults);
    } else if (method == "entity_attributes") {
      args.expect_only({"groups"});
      if (!args.has("groups")) args.fail("an object with \"groups\"");
      const JsonReader groups = args.at("groups");
      groups.expect_object();
      std::vector<AttributeGroup> list;
      for (const auto& [name, unused] : groups.value().items())
        list.push_back(read_group(name, groups.at(name)));
      set_entity_attributes(spec, list);
    } else if (method == "relations") {
      args.expect_only({"relation_types", "threshold"});
      if (!args.has("relation_types")) args.fail("an object with \"relation_types\"");
      add_relations_json(spec, args.value().at("relation_types"), args.optional_number("threshold"));
    } else if (method == "classification") {
      if (!args.has("labels")) args.fail("an object with \"labels\"");
      add_classification_json(spec, args.required_string("task"), args.at("labels"), args);
    } else if (method == "from_dict") {
      if (!args.has("data")) args.fail("an object with \"data\"");
      spec = read_strict_schema(args.value().at("data"));
    } else {
      call.fail("one of entities, entity_attributes, structure, field, classification, relations, from_dict");
    }
  }
  finish();
  return spec;
}

}  // namespace gliner
