#include <algorithm>

#include "schema/json_forms.h"

namespace gliner {
namespace {

/// A configuration that holds nothing but a description is written as that description.
Json compact(Json config) {
  if (config.size() == 1 && config.contains("description")) return config.at("description");
  return config;
}

/// `names` alone when no configuration says anything, else {name: configuration}.
Json named(const std::vector<std::string>& names, const OrderedMap<Json>& configs) {
  const bool plain =
      std::all_of(configs.begin(), configs.end(), [](const auto& item) { return item.second.empty(); });
  if (plain) return names;
  Json object = Json::object();
  for (const auto& [name, config] : configs) object[name] = compact(config);
  return object;
}

Json write_entities(const SchemaSpec& spec) {
  OrderedMap<Json> configs;
  for (const std::string& name : spec.entity_order) {
    Json config = Json::object();
    const std::string* description = spec.entity_descriptions.find(name);
    if (description != nullptr && !description->empty()) config["description"] = *description;
    const ValueRule& rule = spec.entity_rules.at(name);
    if (rule.dtype == Dtype::kStr) config["dtype"] = "str";
    if (rule.threshold) config["threshold"] = *rule.threshold;
    configs[name] = std::move(config);
  }
  return named(spec.entity_order, configs);
}

Json write_attributes(const SchemaSpec& spec) {
  Json groups = Json::object();
  for (const AttributeGroup& group : spec.attribute_groups) {
    Json config = {{"labels", group.labels}};
    if (group.multi_label) config["multi_label"] = true;
    if (group.threshold != 0.5) config["threshold"] = group.threshold;
    if (group.applies_to) config["applies_to"] = *group.applies_to;
    if (group.qualify_labels) config["qualify_labels"] = true;
    groups[group.name] = std::move(config);
  }
  return groups;
}

Json write_structure(const SchemaSpec& spec, const StructureDecl& structure) {
  Json fields = Json::array();
  std::vector<std::string> order;
  const auto declared = spec.field_orders.find(structure.name);
  if (declared != spec.field_orders.end()) {
    order = declared->second;
  } else {  // a raw engine dictionary has no order of its own
    for (const auto& [name, unused] : structure.fields) order.push_back(name);
  }
  for (const std::string& name : order) {
    const FieldDecl* decl = structure.fields.find(name);
    if (decl == nullptr) continue;
    Json field = {{"name", name}};
    const ValueRule& rule = spec.field_rules.at(structure.name + "." + name);
    if (rule.dtype == Dtype::kStr) field["dtype"] = "str";
    if (!decl->choices.empty()) field["choices"] = decl->choices;
    const OrderedMap<std::string>* descriptions = spec.structure_descriptions.find(structure.name);
    const std::string* description = descriptions == nullptr ? nullptr : descriptions->find(name);
    if (description != nullptr) field["description"] = *description;
    if (rule.threshold) field["threshold"] = *rule.threshold;
    if (structure.mode && decl->cardinality) field["cardinality"] = *decl->cardinality;
    if (structure.mode && decl->exclusive) field["exclusive"] = true;
    fields.push_back(std::move(field));
  }
  Json out = {{"fields", std::move(fields)}};
  if (structure.mode) {
    out["mode"] = *structure.mode;
    if (structure.anchor) out["anchor"] = *structure.anchor;
    if (structure.occurrence_policy) out["occurrence_policy"] = *structure.occurrence_policy;
  }
  return out;
}

Json write_classification(const ClassificationDecl& decl) {
  Json out = {{"task", decl.task}};
  if (decl.label_descriptions.empty()) {
    out["labels"] = decl.labels;
  } else {
    Json labels = Json::object();
    for (const auto& [label, description] : decl.label_descriptions) labels[label] = description;
    out["labels"] = std::move(labels);
  }
  const ClassificationOptions& options = decl.options;
  if (options.multi_label) out["multi_label"] = true;
  if (options.cls_threshold != 0.5) out["cls_threshold"] = options.cls_threshold;
  if (options.top_k) out["top_k"] = *options.top_k;
  if (options.class_act == ClassificationOptions::Activation::kSigmoid) out["class_act"] = "sigmoid";
  if (options.class_act == ClassificationOptions::Activation::kSoftmax) out["class_act"] = "softmax";
  if (options.prompt) out["prompt"] = *options.prompt;
  if (!options.examples.empty()) {
    Json examples = Json::array();
    for (const auto& [input, label] : options.examples) examples.push_back(Json::array({input, label}));
    out["examples"] = std::move(examples);
  }
  return out;
}

Json write_relations(const SchemaSpec& spec) {
  std::vector<std::string> names = spec.relation_order;
  if (names.empty()) {  // a raw engine dictionary has no order of its own
    for (const RelationDecl& relation : spec.relations) names.push_back(relation.name);
  }
  OrderedMap<Json> configs;
  for (const std::string& name : names) {
    Json config = Json::object();
    const std::string* description = spec.relation_descriptions.find(name);
    if (description != nullptr && !description->empty()) config["description"] = *description;
    const auto threshold = spec.relation_thresholds.find(name);
    if (threshold != spec.relation_thresholds.end() && threshold->second)
      config["threshold"] = *threshold->second;
    configs[name] = std::move(config);
  }
  return named(names, configs);
}

}  // namespace

Json write_strict_schema(const SchemaSpec& spec) {
  Json out = Json::object();
  if (!spec.entity_order.empty()) out["entities"] = write_entities(spec);
  if (!spec.attribute_groups.empty()) out["entity_attributes"] = write_attributes(spec);
  for (const StructureDecl& structure : spec.structures) {
    out["structures"][structure.name] = write_structure(spec, structure);
  }
  for (const ClassificationDecl& decl : spec.classifications) {
    out["classifications"].push_back(write_classification(decl));
  }
  if (!spec.relations.empty()) out["relations"] = write_relations(spec);
  return out;
}

}  // namespace gliner
