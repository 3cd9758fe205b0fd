#include "gliner/schema.h"

#include <utility>

#include "schema/builder.h"
#include "schema/json_forms.h"
#include "schema/schema_spec.h"

namespace gliner {
namespace {

std::vector<EntityType> named_entities(const std::vector<std::string>& names) {
  std::vector<EntityType> types;
  types.reserve(names.size());
  for (const std::string& name : names) types.push_back({name, {}, {}, {}, {}});
  return types;
}

/// Applies a builder step to a copy, so that a refused step changes nothing and copies of the schema stay
/// independent.
template <typename Step>
std::shared_ptr<const SchemaSpec> edited(const SchemaSpec& spec, const Step& step) {
  auto copy = std::make_shared<SchemaSpec>(spec);
  step(*copy);
  return copy;
}

}  // namespace

Schema::Schema() : spec_(std::make_shared<SchemaSpec>()) {}
Schema::Schema(std::shared_ptr<const SchemaSpec> spec) : spec_(std::move(spec)) {}
Schema::Schema(const Schema&) = default;
Schema::Schema(Schema&& other) noexcept = default;
Schema& Schema::operator=(const Schema&) = default;
Schema& Schema::operator=(Schema&&) noexcept = default;
Schema::~Schema() = default;

Schema& Schema::entities(const std::vector<std::string>& names, const EntityDefaults& defaults) {
  return entities(named_entities(names), defaults);
}

Schema& Schema::entities(const std::vector<EntityType>& types, const EntityDefaults& defaults) {
  spec_ = edited(*spec_, [&](SchemaSpec& spec) { add_entities(spec, types, defaults); });
  return *this;
}

Schema& Schema::entity_attributes(const std::vector<AttributeGroup>& groups) {
  spec_ = edited(*spec_, [&](SchemaSpec& spec) { set_entity_attributes(spec, groups); });
  return *this;
}

Schema& Schema::relations(const std::vector<std::string>& names, std::optional<double> threshold) {
  std::vector<RelationType> types;
  types.reserve(names.size());
  for (const std::string& name : names) types.push_back({name, {}, {}});
  return relations(types, threshold);
}

Schema& Schema::relations(const std::vector<RelationType>& types, std::optional<double> threshold) {
  spec_ = edited(*spec_, [&](SchemaSpec& spec) { add_relations(spec, types, threshold); });
  return *this;
}

Schema& Schema::classification(const std::string& task, const std::vector<std::string>& labels,
                               const ClassificationOptions& options) {
  std::vector<ClassLabel> named;
  named.reserve(labels.size());
  for (const std::string& label : labels) named.push_back({label, {}});
  return classification(task, named, options);
}

Schema& Schema::classification(const std::string& task, const std::vector<ClassLabel>& labels,
                               const ClassificationOptions& options) {
  spec_ = edited(*spec_, [&](SchemaSpec& spec) { add_classification(spec, task, labels, options); });
  return *this;
}

Schema& Schema::structure(const std::string& name, const std::vector<Field>& fields) {
  std::vector<RecordField> record_fields;
  record_fields.reserve(fields.size());
  for (const Field& field : fields) record_fields.push_back({field, {}, false});
  spec_ = edited(*spec_, [&](SchemaSpec& spec) { add_structure(spec, name, record_fields, {}); });
  return *this;
}

Schema& Schema::structure(const std::string& name, const std::vector<std::string>& field_specs) {
  std::vector<Field> fields;
  fields.reserve(field_specs.size());
  for (const std::string& spec : field_specs) fields.push_back(parse_field_spec(spec));
  return structure(name, fields);
}

Schema Schema::from_json(std::string_view json) {
  return Schema(std::make_shared<const SchemaSpec>(read_strict_schema(parse_json_input(json, "schema"))));
}
Schema Schema::from_engine_json(std::string_view json) {
  return Schema(std::make_shared<const SchemaSpec>(read_engine_schema(parse_json_input(json, "schema"))));
}
Schema Schema::from_entities_json(std::string_view json) {
  SchemaSpec spec;
  add_entities_json(spec, parse_json_input(json, "entities"), {});
  return Schema(std::make_shared<const SchemaSpec>(std::move(spec)));
}
Schema Schema::from_relations_json(std::string_view json) {
  SchemaSpec spec;
  add_relations_json(spec, parse_json_input(json, "relations"), {});
  return Schema(std::make_shared<const SchemaSpec>(std::move(spec)));
}
Schema Schema::from_tasks_json(std::string_view json) {
  return Schema(std::make_shared<const SchemaSpec>(read_tasks(parse_json_input(json, "tasks"))));
}
Schema Schema::from_structures_json(std::string_view json) {
  return Schema(std::make_shared<const SchemaSpec>(read_structures(parse_json_input(json, "structures"))));
}
Schema Schema::from_builder_json(std::string_view json) {
  return Schema(std::make_shared<const SchemaSpec>(read_builder_calls(parse_json_input(json, "schema"))));
}

std::string Schema::to_json() const { return dump_json(write_strict_schema(*spec_)); }

bool Schema::empty() const {
  return spec_->structures.empty() && spec_->entities.empty() && spec_->relations.empty() &&
         spec_->classifications.empty() && spec_->malformed.empty();
}

}  // namespace gliner
