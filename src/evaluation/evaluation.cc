// The reference's evaluation (gliner/evaluation/evaluator.py, utils.py): both sides become sets of
// (label, place) per text; counts are summed over labels, and a quotient by zero is zero.
#include <fmt/format.h>

#include <algorithm>
#include <set>

#include "gliner/evaluate.h"
#include "text/python_string.h"

namespace gliner {
namespace {

/// Label and what stands for the place.
using Items = std::set<std::pair<std::string, std::string>>;

/// Places are compared where all of gold has them.
bool has_places(const std::vector<GoldEntity>& entities) {
  return std::all_of(entities.begin(), entities.end(),
                     [](const GoldEntity& each) { return each.begin >= 0; });
}

std::string key_of(const std::string& text, std::int64_t begin, std::int64_t end, bool by_place) {
  return by_place ? fmt::format("{}:{}", begin, end) : py_lower(text);
}

std::string key_of(const GoldEntity& entity, bool by_place) {
  return key_of(entity.text, entity.begin, entity.end, by_place);
}

std::string key_of(const Mention& mention, bool by_place) {
  return key_of(mention.text, mention.begin, mention.end, by_place);
}

std::string pair_key(const std::string& head, const std::string& tail) { return head + '\0' + tail; }

void count(const Items& predicted, const Items& gold, MatchScores& scores) {
  const auto add = [&scores](const std::string& label, std::int64_t MatchCounts::*what) {
    ++(scores.micro.*what);
    ++(scores.by_label[label].*what);
  };
  for (const auto& item : predicted) {
    add(item.first, &MatchCounts::predicted);
    if (gold.count(item) > 0) add(item.first, &MatchCounts::correct);
  }
  for (const auto& item : gold) add(item.first, &MatchCounts::gold);
}

double quotient(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0.0 : static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

double MatchCounts::precision() const { return quotient(correct, predicted); }
double MatchCounts::recall() const { return quotient(correct, gold); }
double MatchCounts::f1() const {
  const double sum = precision() + recall();
  return sum == 0 ? 0.0 : 2 * precision() * recall() / sum;
}
double ClassScores::accuracy() const { return quotient(correct, records); }

void Evaluation::add(const GoldRecord& record, const Result& result) {
  Items predicted;
  Items gold;
  const bool by_place = !record.entities.empty() && has_places(record.entities);
  for (const EntityList& type : result.entities) {
    for (const Entity& entity : type.entities) predicted.emplace(type.label, key_of(entity, by_place));
  }
  for (const GoldEntity& entity : record.entities) gold.emplace(entity.label, key_of(entity, by_place));
  count(predicted, gold, entities_);

  std::vector<GoldEntity> ends;
  for (const GoldRelation& relation : record.relations) {
    ends.push_back(relation.head);
    ends.push_back(relation.tail);
  }
  const bool pairs_by_place = !ends.empty() && has_places(ends);
  predicted.clear();
  gold.clear();
  for (const RelationList& type : result.relations) {
    for (const Relation& relation : type.relations) {
      predicted.emplace(
          type.name, pair_key(key_of(relation.head, pairs_by_place), key_of(relation.tail, pairs_by_place)));
    }
  }
  for (const GoldRelation& relation : record.relations) {
    gold.emplace(relation.name,
                 pair_key(key_of(relation.head, pairs_by_place), key_of(relation.tail, pairs_by_place)));
  }
  count(predicted, gold, relations_);

  for (const GoldClass& task : record.classes) {
    std::set<std::string> found;
    for (const Classification& answer : result.classifications) {
      if (answer.task != task.task) continue;
      for (const ScoredLabel& label : answer.labels) found.insert(label.label);
    }
    ClassScores& scores = classes_[task.task];
    ++scores.records;
    if (found == std::set<std::string>(task.right.begin(), task.right.end())) ++scores.correct;
  }
}

}  // namespace gliner
