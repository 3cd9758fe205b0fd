// The decoder on hand-made model outputs: no model, no tokenizer.
#include "decoding/decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>

#include "base/json.h"

namespace gliner {
namespace {

/// A prompt as compile_prompt makes it, with made-up token places.
CompiledPrompt prompt_for(const Schema& schema) {
  CompiledPrompt prompt;
  prompt.spec = schema.spec();
  prompt.tasks = build_task_prompts(*prompt.spec);
  prompt.prefix = build_choice_prefix(*prompt.spec);
  for (const TaskPrompt& task : prompt.tasks) {
    const std::size_t labels =
        task.kind == TaskKind::kClassification
            ? prompt.spec->classifications[static_cast<std::size_t>(task.classification)].labels.size()
            : task.labels.size();
    prompt.markers.emplace_back(labels + 1, 0);
  }
  return prompt;
}

/// One row per blank-separated word behind the rows of the choice prefix.
PreparedText text_of(const CompiledPrompt& prompt, const std::string& text) {
  PreparedText prepared;
  prepared.text = text;
  std::istringstream words(text);
  std::size_t from = 0;
  for (std::string word; words >> word;) {
    const std::size_t at = text.find(word, from);
    from = at + word.size();
    prepared.words.push_back({static_cast<std::int64_t>(at), static_cast<std::int64_t>(from)});
  }
  prepared.total_words = static_cast<std::int64_t>(prepared.words.size());
  prepared.rows.resize(prompt.prefix.words.size() + prepared.words.size());
  prepared.first_text_row = static_cast<std::int32_t>(prompt.prefix.words.size());
  return prepared;
}

struct Scenario {
  CompiledPrompt prompt;
  PreparedText prepared;
  ExtractOptions options;
  std::vector<TaskSlot> slots;

  Scenario(const Schema& schema, const std::string& text, const ExtractOptions& run_options = {})
      : prompt(prompt_for(schema)),
        prepared(text_of(prompt, text)),
        options(run_options),
        slots(plan_tasks(prompt, prepared, options)) {}

  Result decode(const SequenceOutput& output) const {
    return gliner::decode(prompt, prepared, slots, output, options);
  }
  Json json(const SequenceOutput& output) const { return Json::parse(to_json(decode(output))); }
};

TaskOutput spans(std::int32_t count, std::vector<Candidate> candidates) {
  TaskOutput output;
  output.count = count;
  output.candidates = std::move(candidates);
  return output;
}

TEST(Plan, GivesEveryLabelItsOwnThresholdOrTheCalls) {
  Schema schema;
  schema.entities({EntityType{"a", {}, {}, 0.25, {}}, EntityType{"b", {}, {}, {}, {}}});
  schema.entity_attributes({{"mood", {"glad"}}});
  const Scenario run(schema, "x .");
  EXPECT_EQ(run.slots[0].thresholds[0], 0.25F);
  EXPECT_EQ(run.slots[0].thresholds[1], 0.5F);
  EXPECT_TRUE(std::isnan(run.slots[0].thresholds[2]));  // attributes are no entities
  EXPECT_THAT(run.slots[0].attribute_labels, testing::ElementsAre(2));
}

TEST(Plan, AsksForNothingWhereTheTextHasNoWords) {
  Schema schema;
  schema.entities({"a"});
  const Scenario run(schema, "");
  EXPECT_TRUE(std::isnan(run.slots[0].thresholds[0]));
}

TEST(Decode, ComparesScoresInFloat32) {
  // float32(0.7) < 0.7 as doubles, yet the reference's tensor comparison keeps it.
  ExtractOptions options;
  options.threshold = 0.7;
  Schema schema;
  schema.entities({"a"});
  const Scenario run(schema, "x y", options);
  EXPECT_EQ(run.json({{spans(1, {{0, 0, 0, 0, 0.7F}})}}).dump(), R"({"entities":{"a":["x"]}})");
}

TEST(Decode, ComparesChoicesInDouble) {
  ExtractOptions options;
  options.threshold = 0.7;
  Schema schema;
  schema.structure("s", std::vector<std::string>{"f::[a|b]"});
  const Scenario run(schema, "x y", options);
  TaskOutput output = spans(1, {});
  output.choice_scores.assign(run.prompt.prefix.words.size(), 0.7F);
  EXPECT_EQ(run.json({{output}}).dump(), R"({"s":[]})");  // 0.699999988 < 0.7
}

TEST(Decode, CountZeroAndNothingFoundAreToldApart) {
  Schema schema;
  schema.entities({"a"}).structure("s", std::vector<std::string>{"f"}).relations({"r"});
  const Scenario run(schema, "x y");
  EXPECT_EQ(run.json({{spans(0, {}), spans(0, {}), spans(0, {})}}).dump(),
            R"({"s":{},"entities":{},"relation_extraction":{"r":[]}})");
  EXPECT_EQ(run.json({{spans(1, {}), spans(1, {}), spans(1, {})}}).dump(),
            R"({"s":[],"entities":{"a":[]},"relation_extraction":{"r":[]}})");
}

TEST(Decode, RepeatedMentionsVanishUnlessPlacesAreShownOrCorrected) {
  Schema schema;
  schema.entities({"a"});
  const SequenceOutput output = {{spans(1, {{0, 0, 0, 0, 0.9F}, {0, 0, 1, 0, 0.8F}})}};
  ExtractOptions options;
  EXPECT_EQ(Scenario(schema, "Bob bob", options).json(output).dump(), R"({"entities":{"a":["Bob"]}})");
  options.corrected = true;
  EXPECT_EQ(Scenario(schema, "Bob bob", options).json(output).dump(), R"({"entities":{"a":["Bob","bob"]}})");
  options.corrected = false;
  options.include_spans = true;
  EXPECT_EQ(Scenario(schema, "Bob bob", options).json(output).at("entities").at("a").size(), 2U);
}

TEST(Decode, ARelationWithADescriptionIsFiledUnderItsPromptUnlessCorrected) {
  Schema schema;
  schema.relations({RelationType{"works for", "employer", 0.95}});
  const SequenceOutput output = {{spans(1, {{0, 0, 0, 0, 0.9F}, {0, 1, 1, 0, 0.9F}})}};
  ExtractOptions options;
  EXPECT_EQ(Scenario(schema, "x y", options).json(output).dump(),
            R"({"relation_extraction":{"works for: employer":[["x","y"]],"works for":[]}})");
  options.corrected = true;  // and its own threshold holds
  EXPECT_EQ(Scenario(schema, "x y", options).json(output).dump(),
            R"({"relation_extraction":{"works for":[]}})");
}

TEST(Decode, AStructureWithHeadAndTailBecomesARelationUnlessCorrected) {
  Schema schema;
  schema.structure("pair", std::vector<std::string>{"head::str", "tail::str"});
  const SequenceOutput output = {{spans(1, {{0, 0, 0, 0, 0.9F}, {0, 1, 1, 0, 0.9F}})}};
  ExtractOptions options;
  EXPECT_EQ(Scenario(schema, "x y", options).json(output).dump(),
            R"({"relation_extraction":{"pair":[{"head":"x","tail":"y"}]}})");
  options.corrected = true;
  EXPECT_EQ(Scenario(schema, "x y", options).json(output).dump(), R"({"pair":[{"head":"x","tail":"y"}]})");
}

TEST(Decode, TasksOfOneNameOverwriteEachOtherUnlessCorrected) {
  Schema schema;
  schema.structure("tone", std::vector<std::string>{"f"}).classification("tone", {"good", "bad"});
  TaskOutput classes;
  classes.class_logits = {2, 1};
  const SequenceOutput output = {{spans(1, {{0, 0, 0, 0, 0.9F}}), classes}};
  ExtractOptions options;
  EXPECT_EQ(Scenario(schema, "x y", options).json(output).dump(), R"({"tone":"good"})");
  options.corrected = true;
  EXPECT_EQ(Scenario(schema, "x y", options).json(output).dump(),
            R"json({"tone":[{"f":["x"]}],"tone (classification)":"good"})json");
}

TEST(Decode, AChoiceReadsTheFirstEqualWordOfThePrefixUnlessCorrected) {
  Schema schema;
  schema.structure("s", std::vector<std::string>{"size::[small|large]", "fit::[small|wide]"});
  ExtractOptions options;
  const Scenario reference(schema, "x y", options);
  // Prefix: ( s: size ( small | large ) , fit ( small | wide ) ); scores make only fit's own "small" pass.
  const auto& words = reference.prompt.prefix.words;
  ASSERT_EQ(words[4], "small");
  ASSERT_EQ(words[11], "small");
  TaskOutput output = spans(1, {});
  output.choice_scores.assign(2 * words.size(), 0.0F);
  output.choice_scores[words.size() + 11] = 0.9F;
  EXPECT_EQ(reference.json({{output}}).dump(), R"({"s":[]})");
  options.corrected = true;
  EXPECT_EQ(Scenario(schema, "x y", options).json({{output}}).dump(),
            R"({"s":[{"size":null,"fit":"small"}]})");
}

TEST(Decode, MultiLabelFallsBackToTheBestAndSortsOnlyForTopK) {
  ClassificationOptions multi;
  multi.multi_label = true;
  TaskOutput output;
  output.class_logits = {-3, -1, -2};
  Schema schema;
  schema.classification("t", std::vector<std::string>{"a", "b", "c"}, multi);
  EXPECT_EQ(Scenario(schema, "x").json({{output}}).dump(), R"({"t":["b"]})");
  output.class_logits = {1, 3, 2};
  EXPECT_EQ(Scenario(schema, "x").json({{output}}).dump(), R"({"t":["a","b","c"]})");
  multi.top_k = 2;
  Schema limited;
  limited.classification("t", std::vector<std::string>{"a", "b", "c"}, multi);
  EXPECT_EQ(Scenario(limited, "x").json({{output}}).dump(), R"({"t":["b","c"]})");
}

TEST(Decode, ASingleLabelTaskIgnoresItsThreshold) {
  ClassificationOptions single;
  single.cls_threshold = 0.99;
  Schema schema;
  schema.classification("t", std::vector<std::string>{"a", "b"}, single);
  TaskOutput output;
  output.class_logits = {0.1F, 0.0F};
  EXPECT_EQ(Scenario(schema, "x").json({{output}}).dump(), R"({"t":"a"})");
}

TEST(Decode, ValidatorsActBeforeOverlaps) {
  Schema schema;
  schema.entities({"code"}, {Dtype::kList, {}, {{"[0-9]+"}}});
  // "12 x" is more confident, but no number; without it "12" is free.
  const SequenceOutput output = {{spans(1, {{0, 0, 0, 0, 0.6F}, {0, 0, 0, 1, 0.9F}})}};
  EXPECT_EQ(Scenario(schema, "12 x").json(output).dump(), R"({"entities":{"code":["12"]}})");
}

TEST(Decode, AttributesAreDecidedAtTheEntitysPlace) {
  Schema schema;
  schema.entities({"person"});
  AttributeGroup tags{"tag", {"tall", "old"}};
  tags.multi_label = true;
  AttributeGroup elsewhere{"fit", {"wide"}};
  elsewhere.applies_to = {"person"};
  schema.entity_attributes({{"mood", {"sad", "glad"}}, tags, elsewhere});
  TaskOutput output = spans(1, {{0, 0, 0, 0, 0.9F}});
  // Logits in the order of the groups' labels: sad, glad, tall, old, wide.
  output.attribute_logits = {0, 1, 3, -3, 0};
  const Result result = Scenario(schema, "Bob ran").decode({{output}});
  const Entity& bob = result.entities.at(0).entities.at(0);
  ASSERT_EQ(bob.attributes.size(), 3U);
  EXPECT_EQ(bob.attributes[0].labels.at(0).label, "glad");
  ASSERT_EQ(bob.attributes[1].labels.size(), 1U);
  EXPECT_EQ(bob.attributes[1].labels[0].label, "tall");
  EXPECT_EQ(bob.attributes[2].labels.at(0).confidence, 1.0);
}

TEST(Decode, OffsetsComeInTheUnitThatWasAsked) {
  Schema schema;
  schema.entities({"a"});
  ExtractOptions options;
  const std::string text = "\xF0\x9F\x98\x80\xC3\xA9 x";  // an emoji, an accented e, a blank, x
  const SequenceOutput output = {{spans(1, {{0, 0, 1, 0, 0.9F}})}};
  const auto begin_in = [&](OffsetUnit unit) {
    Result result = Scenario(schema, text, options).decode(output);
    finish_offsets(result, text, unit);
    return result.entities.at(0).entities.at(0).begin;
  };
  EXPECT_EQ(begin_in(OffsetUnit::kCodePoint), 3);
  EXPECT_EQ(begin_in(OffsetUnit::kByte), 7);
  EXPECT_EQ(begin_in(OffsetUnit::kUtf16), 4);
}

TEST(Decode, RawShapesAreThoseOfTheReference) {
  ExtractOptions options;
  options.format_results = false;
  Schema schema;
  schema.entities({"a"}, {Dtype::kStr, {}, {}}).relations({"r"}).classification("t", {"x", "y"});
  TaskOutput classes;
  classes.class_logits = {0, 0};
  const SequenceOutput output = {{spans(1, {}), spans(1, {{0, 0, 0, 0, 0.9F}, {0, 1, 1, 0, 0.9F}}), classes}};
  EXPECT_EQ(Scenario(schema, "p q", options).json(output).dump(),
            R"({"entities":[{"a":""}],"r":[["p","q"]],"t":["x",0.5]})");
}

}  // namespace
}  // namespace gliner
