#include "prompt/task_prompt.h"

#include <algorithm>

namespace gliner {
namespace {

bool contains(const std::vector<std::string>& list, const std::string& value) {
  return std::find(list.begin(), list.end(), value) != list.end();
}

void append_descriptions(std::string& prompt, const OrderedMap<std::string>& descriptions,
                         const std::vector<std::string>& labels) {
  for (const auto& [label, description] : descriptions) {
    if (contains(labels, label))
      prompt.append(" [DESCRIPTION] ").append(label).append(": ").append(description);
  }
}

/// runtime.py reads labels back by scanning for markers, so a label called "[E]" shifts what follows it.
std::vector<std::string> read_labels(const std::vector<std::string>& tokens) {
  std::vector<std::string> labels;
  for (std::size_t i = 0; i + 1 < tokens.size(); ++i) {
    if (tokens[i] == "[E]" || tokens[i] == "[C]" || tokens[i] == "[R]") labels.push_back(tokens[i + 1]);
  }
  return labels;
}

TaskPrompt make_task(TaskKind kind, const std::string& name, const std::string& prompt, const char* marker,
                     const std::vector<std::string>& labels) {
  TaskPrompt task;
  task.kind = kind;
  task.name = name;
  task.tokens = {"(", "[P]", prompt, "("};
  for (const std::string& label : labels) {
    task.tokens.emplace_back(marker);
    task.tokens.push_back(label);
  }
  task.tokens.insert(task.tokens.end(), {")", ")"});
  task.labels = kind == TaskKind::kClassification ? labels : read_labels(task.tokens);
  task.key = prompt.substr(0, prompt.find(" [DESCRIPTION] "));
  return task;
}

void add_structures(std::vector<TaskPrompt>& tasks, const SchemaSpec& spec) {
  OrderedMap<OrderedMap<bool>> merged;  // structure -> fields in first-seen order
  for (const StructureDecl& structure : spec.structures) {
    OrderedMap<bool>& fields = merged[structure.name];
    for (const auto& [field, unused] : structure.fields) fields[field] = true;
  }
  for (const auto& [name, fields] : merged) {
    if (fields.empty()) continue;
    std::vector<std::string> labels;
    for (const auto& [field, unused] : fields) labels.push_back(field);
    std::string prompt = name;
    const OrderedMap<std::string>* descriptions = spec.structure_descriptions.find(name);
    if (descriptions != nullptr) append_descriptions(prompt, *descriptions, labels);
    tasks.push_back(make_task(TaskKind::kStructure, name, prompt, "[C]", labels));
  }
}

void add_entities(std::vector<TaskPrompt>& tasks, const SchemaSpec& spec) {
  if (spec.entities.empty()) return;
  std::vector<std::string> labels;
  for (const auto& [label, unused] : spec.entities) labels.push_back(label);
  std::string prompt = "entities";
  append_descriptions(prompt, spec.entity_descriptions, labels);
  tasks.push_back(make_task(TaskKind::kEntities, "entities", prompt, "[E]", labels));
}

void add_relations(std::vector<TaskPrompt>& tasks, const SchemaSpec& spec) {
  OrderedMap<std::vector<std::string>> merged;  // relation -> fields of its first declaration
  for (const RelationDecl& relation : spec.relations) {
    if (!merged.contains(relation.name)) merged[relation.name] = relation.fields;
  }
  for (const auto& [name, fields] : merged) {
    const std::string* description = spec.relation_descriptions.find(name);
    // The description goes in as an instruction, hence into the result key (docs/differences.md).
    const bool described = description != nullptr && !description->empty();
    const std::string prompt = described ? name + ": " + *description : name;
    tasks.push_back(make_task(TaskKind::kRelation, name, prompt, "[R]", fields));
  }
}

void add_classifications(std::vector<TaskPrompt>& tasks, const SchemaSpec& spec) {
  for (std::size_t i = 0; i < spec.classifications.size(); ++i) {
    const ClassificationDecl& decl = spec.classifications[i];
    std::string prompt = decl.task;
    if (decl.options.prompt && !decl.options.prompt->empty()) prompt += ": " + *decl.options.prompt;
    append_descriptions(prompt, decl.label_descriptions, decl.labels);
    for (const auto& [input, output] : decl.options.examples) {
      if (contains(decl.labels, output))
        prompt.append(" [EXAMPLE] ").append(input).append(" [OUTPUT] ").append(output);
    }
    TaskPrompt task = make_task(TaskKind::kClassification, decl.task, prompt, "[L]", decl.labels);
    task.classification = static_cast<int>(i);
    tasks.push_back(std::move(task));
  }
}

}  // namespace

std::vector<TaskPrompt> build_task_prompts(const SchemaSpec& spec) {
  std::vector<TaskPrompt> tasks;
  add_structures(tasks, spec);
  add_entities(tasks, spec);
  add_relations(tasks, spec);
  add_classifications(tasks, spec);
  return tasks;
}

ChoicePrefix build_choice_prefix(const SchemaSpec& spec) {
  ChoicePrefix prefix;
  for (const StructureDecl& structure : spec.structures) {
    bool opened = false;
    for (const auto& [field, decl] : structure.fields) {
      if (decl.choices.empty()) continue;
      if (opened) {
        prefix.words.emplace_back(",");
      } else {
        prefix.words.emplace_back("(");
        prefix.words.push_back(structure.name + ":");
        opened = true;
      }
      prefix.words.push_back(field);
      prefix.words.emplace_back("(");
      std::vector<std::int32_t> slots;
      for (const std::string& choice : decl.choices) {
        if (!slots.empty()) prefix.words.emplace_back("|");
        slots.push_back(static_cast<std::int32_t>(prefix.words.size()));
        prefix.words.push_back(choice);
      }
      prefix.words.emplace_back(")");
      prefix.slots[structure.name + "." + field] = std::move(slots);
    }
    if (opened) prefix.words.emplace_back(")");
  }
  return prefix;
}

TaskPrompt fallback_task_prompt() {
  return make_task(TaskKind::kStructure, "dummy", "dummy", "[E]", {"entity"});
}

}  // namespace gliner
