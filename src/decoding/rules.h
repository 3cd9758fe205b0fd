#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "gliner/options.h"
#include "prompt/task_prompt.h"
#include "schema/schema_spec.h"

// Which declaration rules which label: shared by the plan (before the model runs) and the decoder (after it).

namespace gliner {

/// The rule of `key`, or the default rule (a list, no threshold, no validators).
const ValueRule& rule_of(const std::map<std::string, ValueRule>& rules, const std::string& key);

/// Index of the first label that reads `label`, or -1.
int index_of(const std::vector<std::string>& labels, const std::string& label);

/// The reference decodes whatever is filed under "entities" as entities; corrected, only the entities are.
bool decodes_as_entities(const TaskPrompt& task, const ExtractOptions& options);

/// Fields of a structure or roles of a relation in output order, those that the prompt knows.
std::vector<std::string> ordered_fields(const SchemaSpec& spec, const TaskPrompt& task,
                                        const ExtractOptions& options);

double relation_threshold(const SchemaSpec& spec, const TaskPrompt& task, const ExtractOptions& options);

/// Entity types of an entity task in output order, each with its label index; attribute labels are left out.
std::vector<std::pair<std::string, int>> entity_labels(const SchemaSpec& spec, const TaskPrompt& task);

/// Choices of a field as last declared (the reference keeps them in a dictionary), or null for a span field.
const std::vector<std::string>* choices_of(const SchemaSpec& spec, const std::string& structure,
                                           const std::string& field);

}  // namespace gliner
