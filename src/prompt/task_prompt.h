#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "prompt/packed_batch.h"
#include "schema/schema_spec.h"

namespace gliner {

/// One task of a schema as the model reads it: `( [P] PROMPT ( M label M label ... ) )`, where M is the
/// marker of its kind (gliner2/processor.py, _transform_schema).
struct TaskPrompt {
  TaskKind kind = TaskKind::kEntities;
  std::string name;                 ///< As declared; "entities" for the entities.
  std::vector<std::string> tokens;  ///< Elements, each tokenised by itself.
  /// Labels as the reference reads them back from the tokens: whatever follows a marker. Equal to the
  /// declared labels unless a label is itself called like a marker.
  std::vector<std::string> labels;
  /// Key under which the reference files the result: the prompt text up to the first " [DESCRIPTION] ".
  std::string key;
  int classification = -1;  ///< Index into SchemaSpec::classifications, or -1.
};

/// The tasks in the reference's order: structures (same names merged), entities, relations, classifications.
std::vector<TaskPrompt> build_task_prompts(const SchemaSpec& spec);

/// What stands in front of the text when fields have choices (processor.py, _build_classification_prefix).
struct ChoicePrefix {
  std::vector<std::string> words;  ///< `( structure: field ( a | b ) , field ( c ) )`; a choice is one word.
  /// Place of each choice among `words`, by "structure.field" and position in FieldDecl::choices.
  std::map<std::string, std::vector<std::int32_t>> slots;
};
ChoicePrefix build_choice_prefix(const SchemaSpec& spec);

/// The stand-in of processor.py, _create_fallback_record, for a malformed schema.
TaskPrompt fallback_task_prompt();

}  // namespace gliner
