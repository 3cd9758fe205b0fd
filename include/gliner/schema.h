#pragma once

#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gliner/export.h"

namespace gliner {

struct SchemaSpec;

/// Whether a label or field yields every mention or only the best one.
enum class Dtype { kList, kStr };

/// Keeps a span only if its text matches (or, with `exclude`, does not match) a Python regular expression.
struct RegexValidator {
  enum class Mode { kFull, kPartial };
  /// Values of Python's re.I, re.M, re.S, re.X, re.A.
  enum Flag { kIgnoreCase = 2, kMultiline = 8, kDotAll = 16, kVerbose = 64, kAscii = 256 };

  std::string pattern;
  Mode mode = Mode::kFull;
  bool exclude = false;
  int flags = kIgnoreCase;
};

/// One entity type. Absent members take the value given to the call of Schema::entities.
struct EntityType {
  std::string name;
  std::optional<std::string> description{};  ///< Put into the prompt.
  std::optional<Dtype> dtype{};
  std::optional<double> threshold{};  ///< In [0, 1]; overrides ExtractOptions::threshold.
  std::optional<std::vector<RegexValidator>> validators{};
};

/// Defaults for the entity types of one call.
struct EntityDefaults {
  Dtype dtype = Dtype::kList;
  std::optional<double> threshold = {};
  std::vector<RegexValidator> validators = {};
};

/// Labels assigned to extracted entities as attributes, for example a sentiment.
struct AttributeGroup {
  std::string name;  ///< Not one of text, confidence, start, end.
  std::vector<std::string> labels = {};
  bool multi_label = false;  ///< false: exactly one label. true: every label with a score >= threshold.
  double threshold = 0.5;
  std::optional<std::vector<std::string>> applies_to = {};  ///< Entity types; absent: all.
  bool qualify_labels = false;  ///< Show the model "group: label" instead of "label".
};

/// One relation type.
struct RelationType {
  std::string name;
  std::optional<std::string> description{};
  std::optional<double> threshold{};  ///< In [0, 1].
};

/// One label of a classification task.
struct ClassLabel {
  std::string name;
  std::optional<std::string> description{};
};

/// Options of a classification task.
struct ClassificationOptions {
  enum class Activation { kAuto, kSigmoid, kSoftmax };

  bool multi_label = false;
  double cls_threshold = 0.5;     ///< In [0, 1]; used by multi-label tasks only.
  std::optional<int> top_k = {};  ///< >= 1: a multi-label task returns at most so many, best first.
  Activation class_act = Activation::kAuto;
  std::optional<std::string> prompt = {};                          ///< Instruction put behind the task name.
  std::vector<std::pair<std::string, std::string>> examples = {};  ///< (input, label) pairs for the prompt.
};

/// One field of a structure.
struct Field {
  std::string name;
  Dtype dtype = Dtype::kList;
  std::vector<std::string> choices{};  ///< Not empty: the value is one of these, not a span of the text.
  std::optional<std::string> description{};
  std::optional<double> threshold{};  ///< In [0, 1].
  std::vector<RegexValidator> validators{};
};

/// What to look for in a text: entities, relations, classes and records, all in one pass.
///
/// A value type; copies are independent. Builder calls throw InputError as soon as something is wrong and
/// then leave the schema as it was. Not safe for concurrent changes; any number of threads may read it.
class GLINER_EXPORT Schema {
 public:
  Schema();
  Schema(const Schema&);
  Schema(Schema&&) noexcept;
  Schema& operator=(const Schema&);
  Schema& operator=(Schema&&) noexcept;
  ~Schema();

  /// Adds entity types; repeated calls accumulate, the order is that of the first declaration.
  Schema& entities(const std::vector<std::string>& names, const EntityDefaults& defaults = {});
  Schema& entities(const std::vector<EntityType>& types, const EntityDefaults& defaults = {});
  // Braced lists need overloads of their own, here and below: {"a", "b"} fits two vectors equally well, one
  // of them as a pair of iterators.
  Schema& entities(std::initializer_list<const char*> names, const EntityDefaults& defaults = {}) {
    return entities(std::vector<std::string>(names.begin(), names.end()), defaults);
  }
  Schema& entities(std::initializer_list<EntityType> types, const EntityDefaults& defaults = {}) {
    return entities(std::vector<EntityType>(types), defaults);
  }

  /// Sets the attribute groups of the entities declared so far; a second call replaces the first.
  Schema& entity_attributes(const std::vector<AttributeGroup>& groups);

  /// Adds relation types, each with a head and a tail. `threshold` holds for types without their own.
  Schema& relations(const std::vector<std::string>& names, std::optional<double> threshold = {});
  Schema& relations(const std::vector<RelationType>& types, std::optional<double> threshold = {});
  Schema& relations(std::initializer_list<const char*> names, std::optional<double> threshold = {}) {
    return relations(std::vector<std::string>(names.begin(), names.end()), threshold);
  }
  Schema& relations(std::initializer_list<RelationType> types, std::optional<double> threshold = {}) {
    return relations(std::vector<RelationType>(types), threshold);
  }

  /// Adds a classification task.
  Schema& classification(const std::string& task, const std::vector<std::string>& labels,
                         const ClassificationOptions& options = {});
  Schema& classification(const std::string& task, const std::vector<ClassLabel>& labels,
                         const ClassificationOptions& options = {});
  Schema& classification(const std::string& task, std::initializer_list<const char*> labels,
                         const ClassificationOptions& options = {}) {
    return classification(task, std::vector<std::string>(labels.begin(), labels.end()), options);
  }
  Schema& classification(const std::string& task, std::initializer_list<ClassLabel> labels,
                         const ClassificationOptions& options = {}) {
    return classification(task, std::vector<ClassLabel>(labels), options);
  }

  /// Adds a structure (a record type) with its fields.
  Schema& structure(const std::string& name, const std::vector<Field>& fields);
  /// The same with fields in the mini-language `name::str|list::[a|b|c]::description`.
  Schema& structure(const std::string& name, const std::vector<std::string>& field_specs);
  Schema& structure(const std::string& name, std::initializer_list<Field> fields) {
    return structure(name, std::vector<Field>(fields));
  }
  Schema& structure(const std::string& name, std::initializer_list<const char*> field_specs) {
    return structure(name, std::vector<std::string>(field_specs.begin(), field_specs.end()));
  }

  /// Reads the strict JSON form {"entities", "entity_attributes", "structures", "classifications",
  /// "relations"}; unknown keys, empty names, duplicate labels and thresholds outside [0, 1] are InputErrors.
  static Schema from_json(std::string_view json);

  /// Reads the reference's raw engine dictionary {"json_structures", "entities", "relations",
  /// "classifications", "json_descriptions", "entity_descriptions", "relation_descriptions"}. Such a schema
  /// carries no thresholds, dtypes or validators, and relations without hits are not listed.
  static Schema from_engine_json(std::string_view json);

  /// Reads what `extract_entities` takes in Python: a name, a list of names, or {name: description | config}.
  static Schema from_entities_json(std::string_view json);
  /// Reads what `extract_relations` takes: a name, a list of names, or {name: description | config}.
  static Schema from_relations_json(std::string_view json);
  /// Reads what `classify_text` takes: {task: [labels] | {label: description} | {"labels": ..., options}}.
  static Schema from_tasks_json(std::string_view json);
  /// Reads what `extract_json` takes: {structure: [field spec or field object, ...]}.
  static Schema from_structures_json(std::string_view json);
  /// Reads a list of builder calls [["entities", {...}], ["structure", {...}], ["field", {...}], ...], each
  /// an object of the Python builder's keyword arguments. Lets a file say everything that the builder can.
  static Schema from_builder_json(std::string_view json);

  /// The strict JSON form of this schema. Validators have no JSON form and are left out.
  std::string to_json() const;

  bool empty() const;

  /// For this library's own use.
  const std::shared_ptr<const SchemaSpec>& spec() const { return spec_; }

 private:
  explicit Schema(std::shared_ptr<const SchemaSpec> spec);
  std::shared_ptr<const SchemaSpec> spec_;  // immutable; a change makes a new one
};

}  // namespace gliner
