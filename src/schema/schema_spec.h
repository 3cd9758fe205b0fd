#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/ordered_map.h"
#include "gliner/schema.h"
#include "text/python_regex.h"

namespace gliner {

/// A validator with its expression compiled. Immutable and thread-safe.
struct CompiledValidator {
  RegexValidator declaration;
  std::shared_ptr<const PythonRegex> regex;

  bool accepts(const std::string& text) const;
};

/// Compiles `declaration`; throws InputError on an invalid expression.
CompiledValidator compile_validator(const RegexValidator& declaration);

/// How the values of one entity type or field are decoded.
struct ValueRule {
  Dtype dtype = Dtype::kList;
  std::optional<double> threshold;
  std::vector<CompiledValidator> validators;
};

struct FieldDecl {
  std::vector<std::string> choices;  ///< Empty: a span of the text.
  // Only the boundary architecture decodes by these; kept for to_json.
  std::optional<std::string> cardinality;
  bool exclusive = false;
};

struct StructureDecl {
  std::string name;
  OrderedMap<FieldDecl> fields;
  std::optional<std::string> mode;
  std::optional<std::string> anchor;
  std::optional<std::string> occurrence_policy;
};

struct RelationDecl {
  std::string name;
  std::vector<std::string> fields;  ///< Usually head, tail.
};

struct ClassificationDecl {
  std::string task;
  std::vector<std::string> labels;
  OrderedMap<std::string> label_descriptions;
  ClassificationOptions options;
};

/// A schema as the engine reads it: what goes into the prompt and how results are decoded. Mirrors the state
/// of gliner2/inference/schema.py Schema, or of a raw engine dictionary (then every rule is absent).
struct SchemaSpec {
  std::vector<StructureDecl> structures;  ///< Names may repeat: fields merge in first-seen order.
  OrderedMap<OrderedMap<std::string>> structure_descriptions;
  OrderedMap<bool>
      entities;  ///< Prompt labels: entity types, then attribute labels. The value has no meaning.
  OrderedMap<std::string> entity_descriptions;
  std::vector<RelationDecl> relations;
  OrderedMap<std::string> relation_descriptions;
  std::vector<ClassificationDecl> classifications;

  std::map<std::string, ValueRule> field_rules;  ///< Key "structure.field".
  std::map<std::string, ValueRule> entity_rules;
  std::map<std::string, std::optional<double>> relation_thresholds;
  std::map<std::string, std::vector<std::string>> field_orders;  ///< Structures and relations.
  std::vector<std::string> entity_order;
  std::vector<std::string> relation_order;
  std::vector<AttributeGroup> attribute_groups;
  std::map<std::string, std::string> attribute_prompt_labels;  ///< Label -> what the model sees.
  std::set<std::string> attribute_labels;                      ///< What the model sees.

  /// Not empty: the reference cannot turn this schema into a prompt and says why it would fail. It then
  /// answers for a dummy schema instead (docs/differences.md).
  std::string malformed;
};

}  // namespace gliner
