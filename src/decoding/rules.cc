#include "decoding/rules.h"

#include <algorithm>

namespace gliner {
namespace {

/// Where the reference looks for thresholds and field orders: its result key, which is not the declared name
/// of a relation with a description.
const std::string& rule_name(const TaskPrompt& task, const ExtractOptions& options) {
  return options.corrected ? task.name : task.key;
}

}  // namespace

const ValueRule& rule_of(const std::map<std::string, ValueRule>& rules, const std::string& key) {
  static const ValueRule kDefault;
  const auto found = rules.find(key);
  return found == rules.end() ? kDefault : found->second;
}

int index_of(const std::vector<std::string>& labels, const std::string& label) {
  const auto found = std::find(labels.begin(), labels.end(), label);
  return found == labels.end() ? -1 : static_cast<int>(found - labels.begin());
}

bool decodes_as_entities(const TaskPrompt& task, const ExtractOptions& options) {
  return options.corrected ? task.kind == TaskKind::kEntities : task.key == "entities";
}

std::vector<std::string> ordered_fields(const SchemaSpec& spec, const TaskPrompt& task,
                                        const ExtractOptions& options) {
  const auto found = spec.field_orders.find(rule_name(task, options));
  std::vector<std::string> fields;
  for (const std::string& field : found == spec.field_orders.end() ? task.labels : found->second) {
    if (index_of(task.labels, field) >= 0) fields.push_back(field);
  }
  return fields;
}

double relation_threshold(const SchemaSpec& spec, const TaskPrompt& task, const ExtractOptions& options) {
  const auto found = spec.relation_thresholds.find(rule_name(task, options));
  return found != spec.relation_thresholds.end() && found->second ? *found->second : options.threshold;
}

std::vector<std::pair<std::string, int>> entity_labels(const SchemaSpec& spec, const TaskPrompt& task) {
  std::vector<std::pair<std::string, int>> labels;
  for (const std::string& name : spec.entity_order) {
    if (spec.attribute_labels.count(name) != 0) continue;
    const int index = index_of(task.labels, name);
    if (index >= 0) labels.emplace_back(name, index);
  }
  return labels;
}

const std::vector<std::string>* choices_of(const SchemaSpec& spec, const std::string& structure,
                                           const std::string& field) {
  const std::vector<std::string>* choices = nullptr;
  for (const StructureDecl& decl : spec.structures) {
    const FieldDecl* found = decl.name == structure ? decl.fields.find(field) : nullptr;
    if (found != nullptr && !found->choices.empty()) choices = &found->choices;
  }
  return choices;
}

}  // namespace gliner
