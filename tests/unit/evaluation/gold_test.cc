#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../io/test_files.h"
#include "gliner/evaluate.h"

namespace gliner {
namespace {

using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(Gold, BundledEntities) {
  const GoldRecord record = parse_gold(
      R"({"id": "1", "task": "entities", "source": "s", "input": "Tim in Rome.", "gold": {"person": ["Tim"], "date": []}})");
  EXPECT_EQ(record.text, "Tim in Rome.");
  EXPECT_EQ(record.source, "s");
  EXPECT_THAT(record.entity_labels, ElementsAre("person", "date"));
  ASSERT_EQ(record.entities.size(), 1U);
  EXPECT_EQ(record.entities[0].text, "Tim");
  EXPECT_EQ(record.entities[0].begin, -1);
  EXPECT_TRUE(gold_schema(record));
}

TEST(Gold, BundledCombined) {
  const GoldRecord record = parse_gold(
      R"({"task": "combined", "input": "t", "gold": {"entities": {"a": ["x"]}, "relations": {"r": [["x", "y"]], "q": []},)"
      R"( "topic": "sports"}, "labels": {"topic": ["sports", "art"]}})");
  EXPECT_THAT(record.relation_names, ElementsAre("r", "q"));
  EXPECT_EQ(record.relations.at(0).tail.text, "y");
  EXPECT_THAT(record.classes.at(0).candidates, ElementsAre("sports", "art"));
  EXPECT_THAT(record.classes.at(0).right, ElementsAre("sports"));
  EXPECT_FALSE(record.classes.at(0).multi_label);
}

TEST(Gold, BundledRecordsAreNotCompared) {
  const GoldRecord record = parse_gold(R"({"task": "json", "input": "t", "gold": {"item": []}})");
  EXPECT_TRUE(record.has_other_tasks);
  EXPECT_FALSE(gold_schema(record));
}

TEST(Gold, TrainingDataOfGliner2) {
  const GoldRecord record = parse_gold(
      R"({"input": "t", "output": {"entities": {"a": ["x"]}, "relations": [{"r": {"head": "x", "tail": "y"}}, {"q": {"head": "", "tail": ""}}],)"
      R"( "classifications": [{"task": "c", "labels": ["1", "2"], "true_label": ["2"]}], "json_structures": []}})");
  EXPECT_THAT(record.relation_names, ElementsAre("r", "q"));
  EXPECT_EQ(record.relations.size(), 1U);
  EXPECT_THAT(record.classes.at(0).right, ElementsAre("2"));
  EXPECT_FALSE(record.has_other_tasks);
}

TEST(Gold, WordsOfGlinerBecomePlacesInTheJoinedText) {
  const GoldRecord record = parse_gold(
      R"({"tokenized_text": ["Søren", "Kirk", "in", "Rome"], "ner": [[0, 1, "person"], [3, 3, "city"]],)"
      R"( "ner_negatives": ["date"], "relations": [[0, 1, "lives_in"]]})");
  EXPECT_EQ(record.text, "Søren Kirk in Rome");
  EXPECT_THAT(record.entity_labels, ElementsAre("date", "person", "city"));
  EXPECT_EQ(record.entities.at(0).begin, 0);
  EXPECT_EQ(record.entities.at(0).end, 10);
  EXPECT_EQ(record.entities.at(1).begin, 14);
  EXPECT_EQ(record.entities.at(1).end, 18);
  EXPECT_EQ(record.relations.at(0).head.end, 10);
  EXPECT_EQ(record.relations.at(0).name, "lives_in");
}

TEST(Gold, PlacesInAText) {
  const GoldRecord record = parse_gold(
      R"({"text": "Tim knows Ann", "entities": [{"start": 0, "end": 3, "label": "person"}, {"start": 10, "end": 13, "label": "person"}],)"
      R"( "relations": [{"relation": "knows", "head": 0, "tail": {"start": 10, "end": 13}}], "classes": {"topics": ["a"]}})");
  EXPECT_EQ(record.relations.at(0).head.begin, 0);
  EXPECT_EQ(record.relations.at(0).tail.begin, 10);
  EXPECT_TRUE(record.classes.at(0).multi_label);
}

TEST(Gold, CandidatesComeFromTheSameTaskOfTheSameSource) {
  std::vector<GoldRecord> records;
  for (const char* line :
       {R"({"task": "classification", "source": "a", "input": "t", "gold": {"c": "2"}})",
        R"({"task": "classification", "source": "a", "input": "t", "gold": {"c": "1"}})",
        R"({"task": "classification", "source": "b", "input": "t", "gold": {"c": "3"}})",
        R"({"task": "classification", "input": "t", "gold": {"c": "4"}, "labels": {"c": ["4", "5"]}})"}) {
    records.push_back(parse_gold(line));
  }
  fill_candidates(records);
  EXPECT_THAT(records[0].classes[0].candidates, ElementsAre("1", "2"));
  EXPECT_THAT(records[2].classes[0].candidates, ElementsAre("3"));
  EXPECT_THAT(records[3].classes[0].candidates, ElementsAre("4", "5"));
}

class BrokenGold : public ::testing::TestWithParam<const char*> {};

TEST_P(BrokenGold, IsRefusedWithAReason) {
  EXPECT_FALSE(error_of<InputError>([] { parse_gold(GetParam()); }).empty());
}

INSTANTIATE_TEST_SUITE_P(
    Lines, BrokenGold,
    ::testing::Values("", "{", "[]", "{}", R"({"text": 5, "entities": []})", R"({"text": "t"})",
                      R"({"input": "t", "gold": {}})", R"({"input": "t", "task": "entities", "gold": []})",
                      R"({"input": "t", "task": "entities", "gold": {"a": "x"}})",
                      R"({"input": "t", "task": "relations", "gold": {"a": [["x"]]}})",
                      R"({"text": "t", "entities": [{"start": 1, "label": "a"}]})",
                      R"({"text": "t", "entities": [{"start": -1, "end": 2, "label": "a"}]})",
                      R"({"text": "t", "entities": ["a"]})", R"({"text": "t", "relations": [5]})",
                      R"({"text": "t", "relations": [[0, 1, "r"]]})", R"({"tokenized_text": ["a"]})",
                      R"({"tokenized_text": ["a"], "ner": [[0, 1, "x"]]})",
                      R"({"tokenized_text": ["a"], "ner": [[0]]})", R"({"tokenized_text": [1], "ner": []})",
                      R"({"input": "t", "output": 5})", R"({"text": "t", "classes": ["a"]})"));

}  // namespace
}  // namespace gliner
