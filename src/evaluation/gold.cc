#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "base/json.h"
#include "gliner/error.h"
#include "gliner/evaluate.h"
#include "text/utf8.h"

namespace gliner {
namespace {

void add_once(std::vector<std::string>& names, const std::string& name) {
  if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

const Json& member(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) throw InputError(fmt::format("no field \"{}\"", key));
  return *found;
}

std::string text_of(const Json& value, const std::string& what) {
  if (!value.is_string())
    throw InputError(fmt::format("{}: expected a text, found {}", what, value.type_name()));
  return value;
}

std::int64_t offset_of(const Json& value, const std::string& what) {
  if (!value.is_number_integer() || value < 0) throw InputError(what + ": expected a whole number from 0");
  return value;
}

const Json& array_of(const Json& value, const std::string& what) {
  if (!value.is_array())
    throw InputError(fmt::format("{}: expected a list, found {}", what, value.type_name()));
  return value;
}

GoldEntity by_text(const Json& value, const std::string& label) {
  GoldEntity entity;
  entity.label = label;
  entity.text = text_of(value, "entity of " + label);
  return entity;
}

/// {"start", "end", "label"} with an optional "text".
GoldEntity by_place(const Json& value, const std::string& label) {
  if (!value.is_object()) throw InputError("entity: expected an object with start and end");
  GoldEntity entity;
  entity.label = label;
  entity.begin = offset_of(member(value, "start"), "start");
  entity.end = offset_of(member(value, "end"), "end");
  if (const auto text = value.find("text"); text != value.end()) entity.text = text_of(*text, "text");
  return entity;
}

/// {"person": ["Tim Cook"]} or a list of places.
void read_entities(const Json& entities, GoldRecord& record) {
  if (entities.is_object()) {
    for (const auto& [label, texts] : entities.items()) {
      add_once(record.entity_labels, label);
      for (const Json& text : array_of(texts, label)) record.entities.push_back(by_text(text, label));
    }
    return;
  }
  for (const Json& entity : array_of(entities, "entities")) {
    if (!entity.is_object()) throw InputError("entities: expected objects with start, end and label");
    const std::string label = text_of(member(entity, "label"), "label");
    add_once(record.entity_labels, label);
    record.entities.push_back(by_place(entity, label));
  }
}

GoldEntity relation_end(const Json& value, const std::vector<GoldEntity>& entities, const std::string& name) {
  if (value.is_string()) return by_text(value, name);
  if (value.is_object()) return by_place(value, name);
  const std::int64_t index = offset_of(value, "relation " + name);
  if (static_cast<std::size_t>(index) >= entities.size()) {
    throw InputError(fmt::format("relation {}: there is no entity {}", name, index));
  }
  return entities[static_cast<std::size_t>(index)];
}

void add_relation(const std::string& name, const Json& head, const Json& tail, GoldRecord& record) {
  add_once(record.relation_names, name);
  // Training data asks for a relation that is not there with two empty ends.
  if (head.is_string() && head.get_ref<const std::string&>().empty()) return;
  record.relations.push_back(
      {name, relation_end(head, record.entities, name), relation_end(tail, record.entities, name)});
}

/// {"name": [[head, tail]]}, [{"name": {"head", "tail"}}], [[head, tail, "name"]] or
/// [{"head", "tail", "relation"}]. Ends are texts, places or numbers of entities.
void read_relations(const Json& relations, GoldRecord& record) {
  if (relations.is_object()) {
    for (const auto& [name, pairs] : relations.items()) {
      add_once(record.relation_names, name);
      for (const Json& pair : array_of(pairs, name)) {
        if (array_of(pair, name).size() != 2) throw InputError(name + ": expected pairs of head and tail");
        add_relation(name, pair[0], pair[1], record);
      }
    }
    return;
  }
  for (const Json& relation : array_of(relations, "relations")) {
    if (relation.is_array() && relation.size() == 3) {
      add_relation(text_of(relation[2], "relation"), relation[0], relation[1], record);
    } else if (relation.is_object() && relation.contains("relation")) {
      add_relation(text_of(relation["relation"], "relation"), member(relation, "head"),
                   member(relation, "tail"), record);
    } else if (relation.is_object()) {
      for (const auto& [name, pair] : relation.items()) {
        if (!pair.is_object()) throw InputError(name + ": expected head and tail");
        add_relation(name, member(pair, "head"), member(pair, "tail"), record);
      }
    } else {
      throw InputError("relations: expected [head, tail, name] or an object with head and tail");
    }
  }
}

std::vector<std::string> texts_of(const Json& value, const std::string& what) {
  if (value.is_string()) return {value.get<std::string>()};
  std::vector<std::string> texts;
  for (const Json& each : array_of(value, what)) texts.push_back(text_of(each, what));
  return texts;
}

/// {"sentiment": "positive"} or {"topics": ["a", "b"]}; `labels` has the candidates by task.
void read_classes(const Json& classes, const Json& labels, GoldRecord& record) {
  if (!classes.is_object()) throw InputError("classes: expected the right label by task");
  for (const auto& [task, right] : classes.items()) {
    GoldClass gold;
    gold.task = task;
    gold.right = texts_of(right, task);
    gold.multi_label = right.is_array();
    if (const auto candidates = labels.find(task); candidates != labels.end())
      gold.candidates = texts_of(*candidates, task);
    record.classes.push_back(std::move(gold));
  }
}

/// [{"task", "labels", "true_label"}] of GLiNER2's training data.
void read_classifications(const Json& classifications, GoldRecord& record) {
  for (const Json& each : array_of(classifications, "classifications")) {
    if (!each.is_object()) throw InputError("classifications: expected objects");
    GoldClass gold;
    gold.task = text_of(member(each, "task"), "task");
    gold.candidates = texts_of(member(each, "labels"), "labels");
    gold.right = texts_of(member(each, "true_label"), "true_label");
    const auto multi = each.find("multi_label");
    gold.multi_label =
        (multi != each.end() && multi->is_boolean() && multi->get<bool>()) || gold.right.size() > 1;
    record.classes.push_back(std::move(gold));
  }
}

/// The bundled form: what "gold" holds depends on "task"; a combined one has a key for each kind.
void read_bundled(const Json& value, GoldRecord& record) {
  const std::string task = text_of(member(value, "task"), "task");
  const Json& gold = member(value, "gold");
  if (!gold.is_object()) throw InputError("gold: expected an object");
  const auto labels = value.find("labels");
  const Json candidates = labels == value.end() ? Json::object() : *labels;
  if (task == "entities") {
    read_entities(gold, record);
  } else if (task == "relations") {
    read_relations(gold, record);
  } else if (task == "classification") {
    read_classes(gold, candidates, record);
  } else if (task == "combined") {
    Json classes = Json::object();
    for (const auto& [key, part] : gold.items()) {
      if (key == "entities") {
        read_entities(part, record);
      } else if (key == "relations") {
        read_relations(part, record);
      } else {
        classes[key] = part;
      }
    }
    read_classes(classes, candidates, record);
  } else {
    record.has_other_tasks = true;
  }
}

void read_output(const Json& output, GoldRecord& record) {
  if (!output.is_object()) throw InputError("output: expected an object");
  for (const auto& [key, part] : output.items()) {
    if (key == "entities") {
      read_entities(part, record);
    } else if (key == "relations") {
      read_relations(part, record);
    } else if (key == "classifications") {
      read_classifications(part, record);
    } else if (key == "json_structures") {
      record.has_other_tasks = record.has_other_tasks || !part.empty();
    }
  }
}

/// GLiNER's form: words, and entities by their first and last word. The text is the words with one blank
/// between.
void read_tokenized(const Json& value, GoldRecord& record) {
  std::vector<std::int64_t> begins;
  std::vector<std::int64_t> ends;
  std::int64_t position = 0;
  for (const std::string& word : texts_of(member(value, "tokenized_text"), "tokenized_text")) {
    if (!begins.empty()) {
      record.text += ' ';
      ++position;
    }
    if (!is_valid_utf8(word)) throw InputError("tokenized_text is not UTF-8");
    begins.push_back(position);
    record.text += word;
    position += count_code_points(word);
    ends.push_back(position);
  }
  for (const char* key : {"ner_labels", "ner_negatives"}) {
    if (const auto labels = value.find(key); labels != value.end()) {
      for (const std::string& label : texts_of(*labels, key)) add_once(record.entity_labels, label);
    }
  }
  for (const Json& entity : array_of(member(value, "ner"), "ner")) {
    if (!entity.is_array() || entity.size() < 3)
      throw InputError("ner: expected [first word, last word, label]");
    const auto first = static_cast<std::size_t>(offset_of(entity[0], "ner"));
    const auto last = static_cast<std::size_t>(offset_of(entity[1], "ner"));
    if (first > last || last >= begins.size()) {
      throw InputError(fmt::format("ner: words {} to {} of {}", first, last, begins.size()));
    }
    GoldEntity gold;
    gold.label = text_of(entity.back(), "ner");
    gold.begin = begins[first];
    gold.end = ends[last];
    add_once(record.entity_labels, gold.label);
    record.entities.push_back(std::move(gold));
  }
  if (const auto labels = value.find("rel_labels"); labels != value.end()) {
    for (const std::string& name : texts_of(*labels, "rel_labels")) add_once(record.relation_names, name);
  }
  if (const auto relations = value.find("relations"); relations != value.end())
    read_relations(*relations, record);
}

}  // namespace

GoldRecord parse_gold(const std::string& json) {
  const Json value = parse_json_input(json, "gold");
  if (!value.is_object())
    throw InputError(fmt::format("gold: expected an object, found {}", value.type_name()));
  GoldRecord record;
  if (value.contains("tokenized_text")) {
    read_tokenized(value, record);
    return record;
  }
  record.text = text_of(member(value, value.contains("input") ? "input" : "text"), "text");
  if (const auto source = value.find("source"); source != value.end() && source->is_string())
    record.source = *source;
  if (value.contains("gold")) {
    read_bundled(value, record);
  } else if (value.contains("output")) {
    read_output(value["output"], record);
  } else if (value.contains("entities") || value.contains("relations") || value.contains("classes")) {
    if (value.contains("entities")) read_entities(value["entities"], record);
    if (value.contains("relations")) read_relations(value["relations"], record);
    if (value.contains("classes")) {
      read_classes(value["classes"], value.contains("labels") ? value["labels"] : Json::object(), record);
    }
  } else {
    throw InputError("no right answers: expected gold, output, ner, entities, relations or classes");
  }
  return record;
}

void fill_candidates(std::vector<GoldRecord>& records) {
  std::map<std::pair<std::string, std::string>, std::set<std::string>> answers;
  for (const GoldRecord& record : records) {
    for (const GoldClass& task : record.classes) {
      answers[{record.source, task.task}].insert(task.right.begin(), task.right.end());
    }
  }
  for (GoldRecord& record : records) {
    for (GoldClass& task : record.classes) {
      const auto& known = answers[{record.source, task.task}];
      if (task.candidates.empty()) task.candidates.assign(known.begin(), known.end());
    }
  }
}

std::optional<Schema> gold_schema(const GoldRecord& record) {
  Schema schema;
  bool asks = false;
  if (!record.entity_labels.empty()) {
    schema.entities(record.entity_labels);
    asks = true;
  }
  if (!record.relation_names.empty()) {
    schema.relations(record.relation_names);
    asks = true;
  }
  for (const GoldClass& task : record.classes) {
    ClassificationOptions options;
    options.multi_label = task.multi_label;
    schema.classification(task.task, task.candidates, options);
    asks = true;
  }
  if (!asks) return std::nullopt;
  return schema;
}

}  // namespace gliner
