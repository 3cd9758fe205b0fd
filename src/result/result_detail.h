#pragma once

#include <string>
#include <vector>

#include "base/json.h"
#include "gliner/options.h"

namespace gliner {

enum class ResultKind { kEntities, kRelation, kRecords, kClassification };

/// One task of a result, in the order in which the tasks ran.
struct TaskEntry {
  ResultKind kind = ResultKind::kEntities;
  std::string key;        ///< Where the reference files it (may carry a relation's description).
  std::string name;       ///< As declared.
  std::size_t index = 0;  ///< Into Result::relations, records or classifications; entities: unused.
  bool empty = false;     ///< The count head said zero, or the task has no labels.
};

/// What to_json needs beyond the lists of a Result.
struct ResultDetail {
  ExtractOptions options;
  std::vector<TaskEntry> tasks;
  std::vector<std::string> requested_relations;  ///< Shown as [] even without a hit.
  std::vector<std::string> classification_tasks;
  bool entities_have_attributes = false;
  /// A long document merged as the reference merges: the JSON is what was merged, not made from the lists.
  bool merged = false;
  Json merged_json;
};

}  // namespace gliner
