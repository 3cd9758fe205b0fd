// Numbers recorded from gliner 0.2.29, BaseNEREvaluator over the same six texts.
#include "gliner/evaluate.h"

#include <gtest/gtest.h>

namespace gliner {
namespace {

struct Place {
  std::int64_t begin, end;
  const char* label;
};

GoldRecord gold_of(const std::vector<Place>& places) {
  GoldRecord record;
  for (const Place& place : places) record.entities.push_back({place.label, "", place.begin, place.end});
  return record;
}

/// One list a label, as the engine gives them.
Result result_of(const std::vector<Place>& places) {
  Result result;
  for (const Place& place : places) {
    EntityList list;
    list.label = place.label;
    Entity entity;
    entity.text = "x";
    entity.begin = place.begin;
    entity.end = place.end;
    list.entities.push_back(entity);
    result.entities.push_back(list);
  }
  return result;
}

const std::vector<std::pair<std::vector<Place>, std::vector<Place>>> kRecorded = {
    {{{8, 10, "city"}, {16, 16, "city"}, {7, 9, "person"}, {5, 5, "city"}},
     {{8, 10, "city"}, {16, 16, "city"}, {7, 9, "person"}, {5, 5, "city"}}},
    {{{8, 8, "city"}, {5, 5, "person"}, {19, 21, "city"}}, {{8, 8, "city"}, {5, 5, "person"}}},
    {{{5, 6, "city"}}, {{6, 6, "date"}, {6, 7, "city"}, {6, 6, "date"}}},
    {{{5, 5, "city"}, {2, 3, "city"}, {19, 21, "person"}},
     {{5, 5, "city"}, {19, 21, "person"}, {9, 10, "date"}, {5, 5, "city"}}},
    {{{15, 17, "person"}, {1, 2, "person"}, {11, 12, "person"}},
     {{15, 17, "person"}, {1, 2, "person"}, {11, 12, "person"}}},
    {{{19, 19, "person"}}, {{11, 13, "city"}}}};

void expect_counts(const MatchCounts& counts, std::int64_t correct, std::int64_t predicted,
                   std::int64_t gold) {
  EXPECT_EQ(counts.correct, correct);
  EXPECT_EQ(counts.predicted, predicted);
  EXPECT_EQ(counts.gold, gold);
}

TEST(Evaluation, GivesTheReferencesNumbers) {
  Evaluation evaluation;
  for (const auto& [gold, predicted] : kRecorded) evaluation.add(gold_of(gold), result_of(predicted));
  const MatchScores& scores = evaluation.entities();
  expect_counts(scores.micro, 11, 15, 15);
  EXPECT_DOUBLE_EQ(scores.micro.precision(), 0.7333333333333333);
  EXPECT_DOUBLE_EQ(scores.micro.recall(), 0.7333333333333333);
  EXPECT_DOUBLE_EQ(scores.micro.f1(), 0.7333333333333333);
  expect_counts(scores.by_label.at("city"), 5, 7, 8);
  expect_counts(scores.by_label.at("date"), 0, 2, 0);
  expect_counts(scores.by_label.at("person"), 6, 6, 7);
}

TEST(Evaluation, NothingFoundIsZeroAndNoFailure) {
  Evaluation evaluation;
  evaluation.add(gold_of({{0, 1, "person"}}), Result());
  EXPECT_EQ(evaluation.entities().micro.precision(), 0.0);
  EXPECT_EQ(evaluation.entities().micro.f1(), 0.0);
  EXPECT_EQ(MatchCounts().recall(), 0.0);
  EXPECT_EQ(ClassScores().accuracy(), 0.0);
}

TEST(Evaluation, WithoutPlacesTextsCountOnceWhateverTheirCase) {
  GoldRecord record;
  record.entities = {{"person", "Tim Cook"}, {"person", "TIM COOK"}, {"city", "Zürich"}};
  Result result = result_of({{0, 8, "person"}, {20, 28, "person"}, {30, 36, "city"}});
  result.entities[0].entities[0].text = "tim cook";
  result.entities[1].entities[0].text = "Tim Cook";
  result.entities[2].entities[0].text = "ZÜRICH";
  Evaluation evaluation;
  evaluation.add(record, result);
  expect_counts(evaluation.entities().micro, 2, 2, 2);
}

TEST(Evaluation, TheSamePlaceWithAnotherLabelIsWrong) {
  Evaluation evaluation;
  evaluation.add(gold_of({{0, 1, "person"}}), result_of({{0, 1, "city"}}));
  expect_counts(evaluation.entities().micro, 0, 1, 1);
}

TEST(Evaluation, RelationsHaveADirection) {
  const auto mention = [](const char* text) {
    Mention found;
    found.text = text;
    return found;
  };
  GoldRecord record;
  record.relations = {{"knows", {"", "Ann"}, {"", "Bob"}}, {"knows", {"", "Bob"}, {"", "Cid"}}};
  Result result;
  result.relations.push_back({"knows", {{mention("ann"), mention("bob")}, {mention("Cid"), mention("Bob")}}});
  Evaluation evaluation;
  evaluation.add(record, result);
  expect_counts(evaluation.relations().micro, 1, 2, 2);
}

TEST(Evaluation, AClassIsRightWithAllItsLabelsOnly) {
  GoldRecord record;
  record.classes = {{"topic", {}, {"a", "b"}, true}};
  Evaluation evaluation;
  for (const std::vector<ScoredLabel>& labels :
       {std::vector<ScoredLabel>{{"b", 1}, {"a", 1}}, {{"a", 1}}, {{"a", 1}, {"b", 1}, {"c", 1}}, {}}) {
    Result result;
    result.classifications.push_back({"topic", true, labels});
    evaluation.add(record, result);
  }
  EXPECT_EQ(evaluation.classes().at("topic").correct, 1);
  EXPECT_EQ(evaluation.classes().at("topic").records, 4);
  EXPECT_DOUBLE_EQ(evaluation.classes().at("topic").accuracy(), 0.25);
}

}  // namespace
}  // namespace gliner
