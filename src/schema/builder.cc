#include "schema/builder.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "gliner/error.h"
#include "text/python_string.h"

namespace gliner {
namespace {

void check_threshold(const std::optional<double>& threshold, const std::string& where) {
  if (threshold && !(*threshold >= 0 && *threshold <= 1)) {
    throw InputError(fmt::format("{}: threshold must be in [0, 1], got {}", where, *threshold));
  }
}

std::vector<CompiledValidator> compile_validators(const std::vector<RegexValidator>& declarations) {
  std::vector<CompiledValidator> compiled;
  compiled.reserve(declarations.size());
  for (const RegexValidator& declaration : declarations) compiled.push_back(compile_validator(declaration));
  return compiled;
}

void append_unique(std::vector<std::string>& list, const std::string& value) {
  if (std::find(list.begin(), list.end(), value) == list.end()) list.push_back(value);
}

bool is_blank(const std::string& text) { return py_strip(text).empty(); }

/// The checks of Schema.entity_attributes, in its order.
void check_attribute_groups(const SchemaSpec& spec, const std::vector<AttributeGroup>& groups) {
  if (spec.entity_order.empty()) {
    throw InputError("entity_attributes: declare the entities first, attributes are decoded on them");
  }
  static const std::set<std::string> kReserved = {"text", "confidence", "start", "end"};
  std::map<std::string, std::string> owner;  // label -> group
  std::set<std::string> names;
  for (const AttributeGroup& group : groups) {
    if (group.name.empty() || kReserved.count(group.name) != 0) {
      throw InputError(fmt::format(
          "entity_attributes: group name \"{}\" must not be empty or one of confidence, end, start, text",
          group.name));
    }
    if (!names.insert(group.name).second) {
      throw InputError(fmt::format("entity_attributes: group \"{}\" is declared twice", group.name));
    }
    if (group.labels.empty()) {
      throw InputError(fmt::format("entity_attributes: group \"{}\" has no labels", group.name));
    }
    check_threshold(group.threshold, fmt::format("entity_attributes: group \"{}\"", group.name));
    for (const std::string& entity : group.applies_to.value_or(std::vector<std::string>{})) {
      if (std::find(spec.entity_order.begin(), spec.entity_order.end(), entity) == spec.entity_order.end()) {
        throw InputError(
            fmt::format("entity_attributes: group \"{}\" applies to the unknown entity \"{}\"; known: {}",
                        group.name, entity, fmt::join(spec.entity_order, ", ")));
      }
    }
    for (const std::string& label : group.labels) {
      if (is_blank(label)) {
        throw InputError(fmt::format("entity_attributes: group \"{}\" has an empty label", group.name));
      }
      const auto [found, inserted] = owner.emplace(label, group.name);
      if (!inserted) {
        throw InputError(fmt::format("entity_attributes: label \"{}\" is in group \"{}\" and again in \"{}\"",
                                     label, found->second, group.name));
      }
    }
  }
}

void check_record_options(const std::string& name, const std::vector<std::string>& order,
                          const RecordOptions& options) {
  if (!options.mode) return;
  const std::string& mode = *options.mode;
  if (mode != "natural" && mode != "latent" && mode != "anchorless") {
    throw InputError(
        fmt::format("structure \"{}\": mode must be natural, latent or anchorless, got \"{}\"", name, mode));
  }
  const std::string anchor = options.anchor.value_or("");
  if (mode == "natural") {
    if (anchor.empty() && order.empty()) {
      throw InputError(fmt::format("structure \"{}\": mode natural needs at least one field", name));
    }
    if (!anchor.empty() && std::find(order.begin(), order.end(), anchor) == order.end()) {
      throw InputError(fmt::format("structure \"{}\": anchor \"{}\" is not a declared field", name, anchor));
    }
  } else if (!anchor.empty()) {
    throw InputError(fmt::format("structure \"{}\": mode {} must not set an anchor", name, mode));
  }
  static const std::set<std::string> kPolicies = {"all", "first", "error_on_ambiguous", "latent_all"};
  if (options.occurrence_policy && kPolicies.count(*options.occurrence_policy) == 0) {
    throw InputError(
        fmt::format("structure \"{}\": occurrence_policy must be all, first, error_on_ambiguous or "
                    "latent_all, got \"{}\"",
                    name, *options.occurrence_policy));
  }
}

}  // namespace

bool CompiledValidator::accepts(const std::string& text) const {
  const bool matched =
      declaration.mode == RegexValidator::Mode::kFull ? regex->full_match(text) : regex->search(text);
  return declaration.exclude ? !matched : matched;
}

CompiledValidator compile_validator(const RegexValidator& declaration) {
  return {declaration, std::make_shared<const PythonRegex>(declaration.pattern, declaration.flags)};
}

void add_entities(SchemaSpec& spec, const std::vector<EntityType>& types, const EntityDefaults& defaults) {
  for (const EntityType& type : types) {
    ValueRule rule;
    rule.dtype = type.dtype.value_or(defaults.dtype);
    rule.threshold = type.threshold ? type.threshold : defaults.threshold;
    rule.validators = compile_validators(type.validators ? *type.validators : defaults.validators);
    check_threshold(rule.threshold, fmt::format("entity \"{}\"", type.name));

    spec.entities[type.name] = true;
    append_unique(spec.entity_order, type.name);
    spec.entity_rules[type.name] = std::move(rule);
    if (type.description) spec.entity_descriptions[type.name] = *type.description;
  }
}

void set_entity_attributes(SchemaSpec& spec, const std::vector<AttributeGroup>& groups) {
  check_attribute_groups(spec, groups);
  std::map<std::string, std::string> prompt_labels;
  std::set<std::string> labels;
  for (const AttributeGroup& group : groups) {
    for (const std::string& label : group.labels) {
      const std::string shown = group.qualify_labels ? group.name + ": " + label : label;
      prompt_labels[label] = shown;
      labels.insert(shown);
    }
  }
  for (const std::string& label : labels) {
    if (std::find(spec.entity_order.begin(), spec.entity_order.end(), label) != spec.entity_order.end()) {
      throw InputError(fmt::format(
          "entity_attributes: label \"{}\" is an entity type too; set qualify_labels on its group", label));
    }
  }
  for (const std::string& old : spec.attribute_labels) {  // a second call replaces the first
    spec.entities.erase(old);
    spec.entity_rules.erase(old);
  }
  // std::set orders by bytes, which for UTF-8 is Python's order by code point.
  for (const std::string& label : labels) {
    spec.entities[label] = true;
    spec.entity_rules[label] = ValueRule{};
  }
  spec.attribute_groups = groups;
  spec.attribute_prompt_labels = std::move(prompt_labels);
  spec.attribute_labels = std::move(labels);
}

void add_relations(SchemaSpec& spec, const std::vector<RelationType>& types,
                   std::optional<double> threshold) {
  for (const RelationType& type : types) {
    const std::optional<double> own = type.threshold ? type.threshold : threshold;
    check_threshold(own, fmt::format("relation \"{}\"", type.name));
    spec.relations.push_back({type.name, {"head", "tail"}});
    append_unique(spec.relation_order, type.name);
    spec.field_orders[type.name] = {"head", "tail"};
    spec.relation_thresholds[type.name] = own;
    if (type.description && !type.description->empty())
      spec.relation_descriptions[type.name] = *type.description;
  }
}

void add_classification(SchemaSpec& spec, const std::string& task, const std::vector<ClassLabel>& labels,
                        const ClassificationOptions& options) {
  if (!(options.cls_threshold >= 0 && options.cls_threshold <= 1)) {
    throw InputError(fmt::format("classification \"{}\": cls_threshold must be in [0, 1], got {}", task,
                                 options.cls_threshold));
  }
  if (options.top_k && *options.top_k < 1) {
    throw InputError(fmt::format("classification \"{}\": top_k must be >= 1, got {}", task, *options.top_k));
  }
  ClassificationDecl decl;
  decl.task = task;
  decl.options = options;
  for (const ClassLabel& label : labels) {
    decl.labels.push_back(label.name);
    if (label.description) decl.label_descriptions[label.name] = *label.description;
  }
  spec.classifications.push_back(std::move(decl));
}

void add_structure(SchemaSpec& spec, const std::string& name, const std::vector<RecordField>& fields,
                   const RecordOptions& options) {
  StructureDecl decl;
  decl.name = name;
  decl.mode = options.mode;
  decl.anchor = options.anchor;
  decl.occurrence_policy = options.occurrence_policy;
  std::vector<std::string> order;
  OrderedMap<std::string> descriptions;
  for (const RecordField& field : fields) {
    const std::string where = fmt::format("structure \"{}\", field \"{}\"", name, field.name);
    check_threshold(field.threshold, where);
    FieldDecl& slot = decl.fields[field.name];
    slot.choices = field.choices;
    slot.cardinality = field.cardinality;
    slot.exclusive = field.exclusive;
    order.push_back(field.name);
    if (field.description && !field.description->empty()) descriptions[field.name] = *field.description;
    spec.field_rules[name + "." + field.name] = {field.dtype, field.threshold,
                                                 compile_validators(field.validators)};
  }
  check_record_options(name, order, options);
  if (decl.mode == "natural" && (!decl.anchor || decl.anchor->empty())) decl.anchor = order.front();
  spec.field_orders[name] = std::move(order);
  spec.structures.push_back(std::move(decl));
  if (!descriptions.empty()) spec.structure_descriptions[name] = std::move(descriptions);
}

Field parse_field_spec(const std::string& spec) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  for (std::size_t at = spec.find("::"); at != std::string::npos; at = spec.find("::", begin)) {
    parts.push_back(spec.substr(begin, at - begin));
    begin = at + 2;
  }
  parts.push_back(spec.substr(begin));

  Field field;
  field.name = parts.front();
  bool dtype_named = false;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const std::string& part = parts[i];
    if (part == "str" || part == "list") {
      field.dtype = part == "str" ? Dtype::kStr : Dtype::kList;
      dtype_named = true;
    } else if (part.size() >= 2 && part.front() == '[' && part.back() == ']') {
      const std::string inner = part.substr(1, part.size() - 2);
      field.choices.clear();
      std::size_t from = 0;
      for (;;) {
        const std::size_t bar = inner.find('|', from);
        field.choices.emplace_back(py_strip(std::string_view(inner).substr(from, bar - from)));
        if (bar == std::string::npos) break;
        from = bar + 1;
      }
      if (!dtype_named) field.dtype = Dtype::kStr;
    } else {
      field.description = part;
    }
  }
  return field;
}

}  // namespace gliner
