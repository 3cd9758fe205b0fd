#pragma once

#include <optional>

#include "base/json.h"
#include "schema/builder.h"
#include "schema/schema_spec.h"

// The JSON forms of a schema. All readers throw InputError that names the place, what was expected and what
// was found.

namespace gliner {

/// The strict form, with the checks of gliner2/inference/schema_model.py SchemaInput: unknown keys are
/// refused.
SchemaSpec read_strict_schema(const Json& json);
/// The inverse (Schema.to_dict); validators have no JSON form.
Json write_strict_schema(const SchemaSpec& spec);

/// The raw engine dictionary (runtime.py, _build_schema_dicts_and_metadata).
SchemaSpec read_engine_schema(const Json& json);

/// What extract_entities / extract_relations take: a name, a list of names, an object. Labels that are no
/// strings make the schema malformed, as in the reference.
void add_entities_json(SchemaSpec& spec, const Json& json, const EntityDefaults& defaults);
void add_relations_json(SchemaSpec& spec, const Json& json, std::optional<double> threshold);
/// What classify_text takes (runtime.py, _classification_schema).
SchemaSpec read_tasks(const Json& json);
/// What extract_json takes (runtime.py, _json_schema).
SchemaSpec read_structures(const Json& json);
/// A list of builder calls [[method, {keyword: value}], ...].
SchemaSpec read_builder_calls(const Json& json);

}  // namespace gliner
