#include "prompt/task_prompt.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gliner {
namespace {

using testing::ElementsAre;

TEST(TaskPrompt, TasksStandInTheReferencesOrder) {
  Schema schema;
  schema.classification("tone", std::vector<std::string>{"good", "bad"})
      .relations({"owns"})
      .entities({"person"})
      .structure("order", std::vector<std::string>{"item"});
  const auto tasks = build_task_prompts(*schema.spec());
  ASSERT_EQ(tasks.size(), 4U);
  EXPECT_THAT(tasks[0].tokens, ElementsAre("(", "[P]", "order", "(", "[C]", "item", ")", ")"));
  EXPECT_THAT(tasks[1].tokens, ElementsAre("(", "[P]", "entities", "(", "[E]", "person", ")", ")"));
  EXPECT_THAT(tasks[2].tokens, ElementsAre("(", "[P]", "owns", "(", "[R]", "head", "[R]", "tail", ")", ")"));
  EXPECT_THAT(tasks[3].tokens, ElementsAre("(", "[P]", "tone", "(", "[L]", "good", "[L]", "bad", ")", ")"));
}

TEST(TaskPrompt, DescriptionsComeInTheirOwnOrderAndOnlyForKnownLabels) {
  const Schema schema = Schema::from_engine_json(
      R"({"entities":["a","b"],"entity_descriptions":{"b":"second","x":"unknown","a":"first"}})");
  const TaskPrompt task = build_task_prompts(*schema.spec()).at(0);
  EXPECT_EQ(task.tokens[2], "entities [DESCRIPTION] b: second [DESCRIPTION] a: first");
  EXPECT_EQ(task.key, "entities");
}

TEST(TaskPrompt, AClassificationShowsInstructionDescriptionsAndExamplesOfItsLabels) {
  ClassificationOptions options;
  options.prompt = "how does it sound";
  options.examples = {{"great", "good"}, {"what", "unknown"}};
  Schema schema;
  schema.classification("tone", std::vector<ClassLabel>{{"good", "nice"}, {"bad", {}}}, options);
  EXPECT_EQ(build_task_prompts(*schema.spec()).at(0).tokens[2],
            "tone: how does it sound [DESCRIPTION] good: nice [EXAMPLE] great [OUTPUT] good");
}

TEST(TaskPrompt, ARelationsDescriptionIsPartOfItsKey) {
  Schema schema;
  schema.relations({RelationType{"owns", "has", {}}});
  const TaskPrompt task = build_task_prompts(*schema.spec()).at(0);
  EXPECT_EQ(task.key, "owns: has");
  EXPECT_EQ(task.name, "owns");
}

TEST(TaskPrompt, StructuresOfOneNameMergeTheirFieldsInFirstSeenOrder) {
  Schema schema;
  schema.structure("s", std::vector<std::string>{"b", "a"}).structure("t", std::vector<std::string>{"x"});
  schema.structure("s", std::vector<std::string>{"c", "a"});
  const auto tasks = build_task_prompts(*schema.spec());
  ASSERT_EQ(tasks.size(), 2U);
  EXPECT_THAT(tasks[0].labels, ElementsAre("b", "a", "c"));
}

TEST(TaskPrompt, ALabelCalledLikeAMarkerShiftsTheLabelsAsInTheReference) {
  Schema schema;
  schema.entities({"[E]", "person"});
  EXPECT_THAT(build_task_prompts(*schema.spec()).at(0).labels, ElementsAre("[E]", "[E]", "person"));
}

TEST(ChoicePrefix, ListsEveryChoiceAsOneWordAndKnowsItsPlace) {
  Schema schema;
  schema.structure("shirt", std::vector<std::string>{"color", "size::[small|extra large]", "fit::[wide]"});
  const ChoicePrefix prefix = build_choice_prefix(*schema.spec());
  EXPECT_THAT(prefix.words, ElementsAre("(", "shirt:", "size", "(", "small", "|", "extra large", ")", ",",
                                        "fit", "(", "wide", ")", ")"));
  EXPECT_THAT(prefix.slots.at("shirt.size"), ElementsAre(4, 6));
  EXPECT_THAT(prefix.slots.at("shirt.fit"), ElementsAre(11));
}

TEST(ChoicePrefix, IsEmptyWithoutChoices) {
  Schema schema;
  schema.structure("s", std::vector<std::string>{"a"});
  EXPECT_TRUE(build_choice_prefix(*schema.spec()).words.empty());
}

}  // namespace
}  // namespace gliner
