#pragma once

#include <optional>
#include <string>
#include <vector>

#include "schema/schema_spec.h"

// The steps of the reference's Schema builder (gliner2/inference/schema.py), each on a SchemaSpec. All throw
// InputError before they change anything that matters: callers work on a copy.

namespace gliner {

void add_entities(SchemaSpec& spec, const std::vector<EntityType>& types, const EntityDefaults& defaults);
void set_entity_attributes(SchemaSpec& spec, const std::vector<AttributeGroup>& groups);
void add_relations(SchemaSpec& spec, const std::vector<RelationType>& types, std::optional<double> threshold);
void add_classification(SchemaSpec& spec, const std::string& task, const std::vector<ClassLabel>& labels,
                        const ClassificationOptions& options);

/// A field with what only record-forming models read.
struct RecordField : Field {
  std::optional<std::string> cardinality;
  bool exclusive = false;
};

/// Options of `structure` that only record-forming (boundary) models read; checked, then kept.
struct RecordOptions {
  std::optional<std::string> mode;
  std::optional<std::string> anchor;
  std::optional<std::string> occurrence_policy;
};

void add_structure(SchemaSpec& spec, const std::string& name, const std::vector<RecordField>& fields,
                   const RecordOptions& options);

/// Reads `name::str|list::[a|b|c]::description` (runtime.py, _parse_field_spec): parts in any order; `[...]`
/// makes the field a single value unless `str` or `list` stood before it; the last other part is the
/// description.
Field parse_field_spec(const std::string& spec);

}  // namespace gliner
