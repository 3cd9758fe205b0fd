#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "decoding/decoder.h"
#include "decoding/rules.h"

namespace gliner {
namespace {

constexpr float kNever = std::numeric_limits<float>::quiet_NaN();

float next_threshold(float present, double threshold) {
  const auto rounded = static_cast<float>(threshold);  // the reference compares float32 tensors
  return std::isnan(present) ? rounded : std::min(present, rounded);
}

void plan_entities(TaskSlot& slot, const SchemaSpec& spec, const TaskPrompt& task,
                   const ExtractOptions& options) {
  for (const auto& [name, label] : entity_labels(spec, task)) {
    if (static_cast<std::size_t>(label) >= slot.thresholds.size()) continue;
    float& threshold = slot.thresholds[static_cast<std::size_t>(label)];
    threshold =
        next_threshold(threshold, rule_of(spec.entity_rules, name).threshold.value_or(options.threshold));
  }
  for (const AttributeGroup& group : spec.attribute_groups) {
    for (const std::string& label : group.labels) {
      const int index = index_of(task.labels, spec.attribute_prompt_labels.at(label));
      if (index >= 0 && static_cast<std::size_t>(index) < slot.thresholds.size()) {
        slot.attribute_labels.push_back(index);
      }
    }
  }
}

void plan_structure(TaskSlot& slot, const SchemaSpec& spec, const TaskPrompt& task,
                    const PreparedText& prepared, const ExtractOptions& options) {
  for (const std::string& field : ordered_fields(spec, task, options)) {
    const auto label = static_cast<std::size_t>(index_of(task.labels, field));
    if (label >= slot.thresholds.size()) continue;
    if (choices_of(spec, task.key, field) != nullptr) {
      slot.choice_rows = prepared.words.empty() ? 0 : prepared.first_text_row;
      continue;
    }
    const ValueRule& rule = rule_of(spec.field_rules, task.key + "." + field);
    slot.thresholds[label] =
        next_threshold(slot.thresholds[label], rule.threshold.value_or(options.threshold));
  }
}

}  // namespace

std::vector<TaskSlot> plan_tasks(const CompiledPrompt& prompt, const PreparedText& prepared,
                                 const ExtractOptions& options) {
  const SchemaSpec& spec = *prompt.spec;
  std::vector<TaskSlot> slots;
  for (std::size_t i = 0; i < prompt.tasks.size(); ++i) {
    const TaskPrompt& task = prompt.tasks[i];
    TaskSlot slot;
    slot.kind = task.kind;
    slot.markers = prompt.markers[i];
    if (task.kind != TaskKind::kClassification && !slot.markers.empty()) {
      slot.thresholds.assign(slot.markers.size() - 1, kNever);
      // Only instance 0 of entities is read, and the model computes only that for its kind.
      if (decodes_as_entities(task, options)) {
        plan_entities(slot, spec, task, options);
      } else if (task.kind == TaskKind::kRelation) {
        const float threshold = static_cast<float>(relation_threshold(spec, task, options));
        std::fill(slot.thresholds.begin(), slot.thresholds.end(), threshold);
      } else {
        plan_structure(slot, spec, task, prepared, options);
      }
      if (prepared.words.empty()) std::fill(slot.thresholds.begin(), slot.thresholds.end(), kNever);
    }
    slots.push_back(std::move(slot));
  }
  return slots;
}

}  // namespace gliner
