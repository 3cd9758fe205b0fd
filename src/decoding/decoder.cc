#include "decoding/decoder.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "decoding/found_spans.h"
#include "decoding/rules.h"
#include "result/result_detail.h"
#include "text/python_string.h"
#include "text/utf8.h"

namespace gliner {
namespace {

/// Fills one Result from the outputs of its tasks.
class Decoder {
 public:
  Decoder(const CompiledPrompt& prompt, const PreparedText& prepared, const ExtractOptions& options)
      : prompt_(prompt), spec_(*prompt.spec), prepared_(prepared), options_(options) {
    detail_.options = options;
    detail_.requested_relations = spec_.relation_order;
    for (const ClassificationDecl& decl : spec_.classifications)
      detail_.classification_tasks.push_back(decl.task);
    detail_.entities_have_attributes = !spec_.attribute_groups.empty();
  }

  Result run(const std::vector<TaskSlot>& slots, const SequenceOutput& output) {
    for (std::size_t i = 0; i < prompt_.tasks.size(); ++i) {
      if (slots[i].markers.empty()) continue;  // the reference skips a task whose markers it lost
      decode_task(prompt_.tasks[i], slots[i], output.tasks[i]);
    }
    result_.words = prepared_.total_words;
    result_.truncated_words = prepared_.truncated_words;
    result_.detail = std::make_shared<const ResultDetail>(std::move(detail_));
    return std::move(result_);
  }

 private:
  void decode_task(const TaskPrompt& task, const TaskSlot& slot, const TaskOutput& output) {
    if (task.kind == TaskKind::kClassification) return add_classification(task, output);
    const bool empty = output.count <= 0 || task.labels.empty() || slot.markers.size() < 2;
    const FoundSpans found(prepared_, output, slot.markers.size() - 1);
    if (decodes_as_entities(task, options_)) {
      result_.entities.clear();
      detail_.tasks.push_back({ResultKind::kEntities, task.key, task.name, 0, empty});
      if (!empty) add_entities(task, slot, output, found);
    } else if (task.kind == TaskKind::kRelation) {
      detail_.tasks.push_back({ResultKind::kRelation, task.key, task.name, result_.relations.size(), empty});
      result_.relations.push_back({task.name, {}});
      if (!empty) add_relations(task, output, found);
      // Without any role the reference files an empty object instead of an empty list.
      detail_.tasks.back().empty = task.labels.empty();
    } else {
      detail_.tasks.push_back({ResultKind::kRecords, task.key, task.name, result_.records.size(), empty});
      result_.records.push_back({task.name, {}});
      if (!empty) add_records(task, slot, output, found);
    }
  }

  void add_entities(const TaskPrompt& task, const TaskSlot& slot, const TaskOutput& output,
                    const FoundSpans& found) {
    for (const auto& [name, label] : entity_labels(spec_, task)) {
      const ValueRule& rule = rule_of(spec_.entity_rules, name);
      EntityList list{name, rule.dtype == Dtype::kStr, {}};
      const double threshold = rule.threshold.value_or(options_.threshold);
      for (const FoundSpan& span :
           select_spans(found.at(0, label, threshold), rule, options_.overlap_policy)) {
        Entity entity;
        static_cast<Mention&>(entity) = mention_of(span);
        add_attributes(entity, name, task, slot, output, span.candidate);
        list.entities.push_back(std::move(entity));
      }
      result_.entities.push_back(std::move(list));
    }
  }

  void add_attributes(Entity& entity, const std::string& name, const TaskPrompt& task, const TaskSlot& slot,
                      const TaskOutput& output, std::size_t candidate) {
    const std::size_t width = slot.attribute_labels.size();
    std::size_t column = 0;
    for (const AttributeGroup& group : spec_.attribute_groups) {
      std::vector<std::string> labels;
      std::vector<float> logits;
      for (const std::string& label : group.labels) {
        const int index = index_of(task.labels, spec_.attribute_prompt_labels.at(label));
        if (index < 0 || static_cast<std::size_t>(index) >= slot.thresholds.size()) continue;
        labels.push_back(label);
        logits.push_back(output.attribute_logits[candidate * width + column++]);
      }
      const bool applies = !group.applies_to || index_of(*group.applies_to, name) >= 0;
      if (labels.empty() || !applies) continue;
      entity.attributes.push_back(decide_attribute(group, labels, logits));
    }
  }

  static Attribute decide_attribute(const AttributeGroup& group, const std::vector<std::string>& labels,
                                    const std::vector<float>& logits) {
    Attribute attribute{group.name, group.multi_label, {}};
    const std::vector<float> probabilities = group.multi_label ? sigmoid(logits) : softmax(logits);
    if (group.multi_label) {
      for (std::size_t i = 0; i < labels.size(); ++i) {
        const double confidence = probabilities[i];
        if (confidence >= group.threshold) attribute.labels.push_back({labels[i], confidence});
      }
    } else {
      const std::size_t best = argmax(probabilities);
      attribute.labels.push_back({labels[best], probabilities[best]});
    }
    return attribute;
  }

  void add_relations(const TaskPrompt& task, const TaskOutput& output, const FoundSpans& found) {
    const double threshold = relation_threshold(spec_, task, options_);
    const std::vector<std::string> roles = ordered_fields(spec_, task, options_);
    if (roles.size() != 2) return;  // only pairs are relations
    const ValueRule best_only{Dtype::kStr, {}, {}};
    for (int instance = 0; instance < output.count; ++instance) {
      std::vector<FoundSpan> ends;
      for (const std::string& role : roles) {
        std::vector<FoundSpan> spans = select_spans(
            found.at(instance, index_of(task.labels, role), threshold), best_only, options_.overlap_policy);
        if (!spans.empty()) ends.push_back(std::move(spans.front()));
      }
      if (ends.size() == 2) {
        result_.relations.back().relations.push_back({mention_of(ends[0]), mention_of(ends[1])});
      }
    }
  }

  void add_records(const TaskPrompt& task, const TaskSlot& slot, const TaskOutput& output,
                   const FoundSpans& found) {
    const std::vector<std::string> fields = ordered_fields(spec_, task, options_);
    for (int instance = 0; instance < output.count; ++instance) {
      Record record;
      bool filled = false;
      for (const std::string& field : fields) {
        const int label = index_of(task.labels, field);
        const std::string key = task.key + "." + field;
        const ValueRule& rule = rule_of(spec_.field_rules, key);
        FieldValue value{field, rule.dtype == Dtype::kStr, false, {}};
        const double threshold = rule.threshold.value_or(options_.threshold);
        const std::vector<std::string>* choices = choices_of(spec_, task.key, field);
        if (choices != nullptr) {
          value.choice = true;
          value.values = choose(key, *choices, rule.dtype, threshold, slot, output, instance, label);
        } else {
          for (const FoundSpan& span :
               select_spans(found.at(instance, label, threshold), rule, options_.overlap_policy)) {
            value.values.push_back(mention_of(span));
          }
        }
        filled = filled || !value.values.empty();
        put(record, std::move(value));
      }
      if (filled) result_.records.back().records.push_back(std::move(record));
    }
  }

  /// A field that was declared twice keeps its first place and its last value, as in a Python dictionary.
  static void put(Record& record, FieldValue value) {
    for (FieldValue& present : record.fields) {
      if (present.field == value.field) {
        present = std::move(value);
        return;
      }
    }
    record.fields.push_back(std::move(value));
  }

  /// Place of a choice in the prefix. The reference takes the first word of the whole prefix that reads the
  /// same, which may belong to another field; corrected, it is the field's own.
  int choice_slot(const std::string& key, const std::vector<std::string>& choices, std::size_t which) const {
    if (options_.corrected) {
      const auto own = prompt_.prefix.slots.find(key);
      if (own != prompt_.prefix.slots.end() && which < own->second.size()) return own->second[which];
    }
    const std::string wanted = py_lower(choices[which]);
    for (std::size_t i = 0; i < prompt_.prefix.words.size(); ++i) {
      if (py_lower(prompt_.prefix.words[i]) == wanted) return static_cast<int>(i);
    }
    return -1;
  }

  std::vector<Mention> choose(const std::string& key, const std::vector<std::string>& choices, Dtype dtype,
                              double threshold, const TaskSlot& slot, const TaskOutput& output, int instance,
                              int label) const {
    std::vector<Mention> chosen;
    std::vector<std::string> seen;
    const Mention* best = nullptr;
    const std::size_t labels = slot.markers.size() - 1;
    if (static_cast<std::size_t>(label) >= labels) return chosen;
    std::vector<Mention> scored;
    for (std::size_t i = 0; i < choices.size(); ++i) {
      const int place = choice_slot(key, choices, i);
      if (place < 0 || place >= slot.choice_rows) continue;
      const std::size_t row = static_cast<std::size_t>(instance) * labels + static_cast<std::size_t>(label);
      const double score = output.choice_scores[row * static_cast<std::size_t>(slot.choice_rows) +
                                                static_cast<std::size_t>(place)];
      scored.push_back({choices[i], score, -1, -1});
    }
    for (const Mention& mention : scored) {
      if (best == nullptr || mention.confidence > best->confidence) best = &mention;
      if (dtype == Dtype::kList && mention.confidence >= threshold && index_of(seen, mention.text) < 0) {
        chosen.push_back(mention);
        seen.push_back(mention.text);
      }
    }
    if (dtype == Dtype::kStr && best != nullptr && !best->text.empty() && best->confidence >= threshold) {
      chosen.push_back(*best);
    }
    return chosen;
  }

  void add_classification(const TaskPrompt& task, const TaskOutput& output) {
    const ClassificationDecl* decl = owner_of(task);
    if (decl == nullptr) return;
    const std::size_t known = std::min(decl->labels.size(), output.class_logits.size());
    if (known == 0) return;
    using Act = ClassificationOptions::Activation;
    const ClassificationOptions& declared = decl->options;
    const bool use_sigmoid =
        declared.class_act == Act::kSigmoid || (declared.class_act == Act::kAuto && declared.multi_label);
    std::vector<float> probabilities =
        use_sigmoid ? sigmoid(output.class_logits) : softmax(output.class_logits);
    probabilities.resize(known);

    Classification result{decl->task, declared.multi_label, {}};
    if (declared.multi_label) {
      for (std::size_t i = 0; i < known; ++i) {
        const double confidence = probabilities[i];
        if (confidence >= declared.cls_threshold) result.labels.push_back({decl->labels[i], confidence});
      }
    }
    if (result.labels.empty()) {
      const std::size_t best = argmax(probabilities);
      result.labels.push_back({decl->labels[best], probabilities[best]});
    }
    if (declared.multi_label && declared.top_k) {
      std::stable_sort(
          result.labels.begin(), result.labels.end(),
          [](const ScoredLabel& a, const ScoredLabel& b) { return a.confidence > b.confidence; });
      if (result.labels.size() > static_cast<std::size_t>(*declared.top_k)) {
        result.labels.resize(static_cast<std::size_t>(*declared.top_k));
      }
    }
    detail_.tasks.push_back(
        {ResultKind::kClassification, decl->task, decl->task, result_.classifications.size(), false});
    result_.classifications.push_back(std::move(result));
  }

  /// The reference finds a task by the text of its prompt: the longest task name that the prompt begins with
  /// and that ends at a border (runtime.py, _resolve_classification_config).
  const ClassificationDecl* owner_of(const TaskPrompt& task) const {
    if (options_.corrected) return &spec_.classifications[static_cast<std::size_t>(task.classification)];
    const std::string& prompt = task.tokens[2];
    const ClassificationDecl* best = nullptr;
    for (const ClassificationDecl& decl : spec_.classifications) {
      const std::string& name = decl.task;
      if (name.empty() || prompt.compare(0, name.size(), name) != 0) continue;
      const bool border =
          prompt.size() == name.size() || prompt[name.size()] == ':' || prompt[name.size()] == ' ';
      if (border && (best == nullptr || name.size() > best->task.size())) best = &decl;
    }
    if (best != nullptr) return best;
    for (const ClassificationDecl& decl : spec_.classifications) {
      if (prompt.compare(0, decl.task.size(), decl.task) == 0) return &decl;
    }
    return nullptr;
  }

  const CompiledPrompt& prompt_;
  const SchemaSpec& spec_;
  const PreparedText& prepared_;
  const ExtractOptions& options_;
  Result result_;
  ResultDetail detail_;
};

void finish_mention(Mention& mention, const OffsetMap& map, OffsetUnit unit) {
  if (mention.begin < 0) return;
  mention.begin = map.from_byte(mention.begin, unit);
  mention.end = map.from_byte(mention.end, unit);
}

}  // namespace

Result decode(const CompiledPrompt& prompt, const PreparedText& prepared, const std::vector<TaskSlot>& slots,
              const SequenceOutput& output, const ExtractOptions& options) {
  GLINER_CHECK(output.tasks.size() == prompt.tasks.size());
  return Decoder(prompt, prepared, options).run(slots, output);
}

void finish_offsets(Result& result, const std::string& text, OffsetUnit unit) {
  if (unit == OffsetUnit::kByte) return;
  const OffsetMap map(text);
  for (EntityList& list : result.entities) {
    for (Entity& entity : list.entities) finish_mention(entity, map, unit);
  }
  for (RelationList& list : result.relations) {
    for (Relation& relation : list.relations) {
      finish_mention(relation.head, map, unit);
      finish_mention(relation.tail, map, unit);
    }
  }
  for (Span& span : result.spans) finish_mention(span, map, unit);
  for (RecordList& list : result.records) {
    for (Record& record : list.records) {
      for (FieldValue& value : record.fields) {
        for (Mention& mention : value.values) finish_mention(mention, map, unit);
      }
    }
  }
}

}  // namespace gliner
