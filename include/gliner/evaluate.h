#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "gliner/export.h"
#include "gliner/result.h"
#include "gliner/schema.h"

namespace gliner {

/// An entity that a person marked. Where it has a place it is right only there; else its text counts, case
/// ignored, once a record.
struct GoldEntity {
  std::string label;
  std::string text;
  std::int64_t begin = -1;  ///< Half-open, in code points; -1: no place.
  std::int64_t end = -1;
};

struct GoldRelation {
  std::string name;
  GoldEntity head;
  GoldEntity tail;
};

struct GoldClass {
  std::string task;
  std::vector<std::string> candidates;  ///< To choose from. Empty: see GoldRecord.
  std::vector<std::string> right;
  bool multi_label = false;
};

/// One text with its right answers, and with what it is to be asked for.
struct GoldRecord {
  std::string text;
  std::string source;                      ///< Where the text is from, for candidates; may be empty.
  std::vector<std::string> entity_labels;  ///< Asked for, those without an entity included.
  std::vector<GoldEntity> entities;
  std::vector<std::string> relation_names;
  std::vector<GoldRelation> relations;
  std::vector<GoldClass> classes;
  bool has_other_tasks = false;  ///< Records of structures and the like, which are not compared.
};

/// Reads one line of a gold file. Forms, told apart by their keys (docs/evaluation.md): the bundled
/// eval.jsonl ("input", "task", "gold"), GLiNER2's training data ("input", "output"), GLiNER's
/// ("tokenized_text", "ner", "relations"), and "text" with "entities" (a list of {"start", "end", "label"},
/// or texts by label), "relations" and "classes". Throws InputError that says what is missing.
GLINER_EXPORT GoldRecord parse_gold(const std::string& json);

/// Gives every class without candidates the right answers of its task in all records of the same source.
GLINER_EXPORT void fill_candidates(std::vector<GoldRecord>& records);

/// Asks for what the record asks for; absent when that is nothing.
GLINER_EXPORT std::optional<Schema> gold_schema(const GoldRecord& record);

/// How many were found, how many there are, how many of both are the same.
struct MatchCounts {
  std::int64_t correct = 0;
  std::int64_t predicted = 0;
  std::int64_t gold = 0;

  /// 0 where nothing was predicted, as with the reference.
  GLINER_EXPORT double precision() const;
  GLINER_EXPORT double recall() const;
  GLINER_EXPORT double f1() const;
};

struct MatchScores {
  MatchCounts micro;
  std::map<std::string, MatchCounts> by_label;
};

struct ClassScores {
  std::int64_t correct = 0;  ///< All labels of the task and no other.
  std::int64_t records = 0;

  GLINER_EXPORT double accuracy() const;
};

/// Compares answers with gold, as the reference's evaluate does (gliner/evaluation: sets of label and place
/// of each text, micro-averaged). Not for use by several threads at once.
class GLINER_EXPORT Evaluation {
 public:
  /// `result`: of the record's text and gold_schema, offsets in code points, without an error.
  void add(const GoldRecord& record, const Result& result);

  const MatchScores& entities() const { return entities_; }
  const MatchScores& relations() const { return relations_; }
  /// By task.
  const std::map<std::string, ClassScores>& classes() const { return classes_; }

 private:
  MatchScores entities_;
  MatchScores relations_;
  std::map<std::string, ClassScores> classes_;
};

}  // namespace gliner
