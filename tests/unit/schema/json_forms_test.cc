#include "schema/json_forms.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gliner/error.h"

namespace gliner {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::ThrowsMessage;

TEST(StrictForm, RoundTripsEverythingThatItCanSay) {
  const char* text =
      R"({"entities":{"person":"a human","city":{"description":"a town","dtype":"str","threshold":0.25},"plain":{}},)"
      R"("entity_attributes":{"mood":{"labels":["glad","sad"],"multi_label":true,"threshold":0.75,)"
      R"("applies_to":["person"],"qualify_labels":true}},)"
      R"("structures":{"order":{"fields":[{"name":"item"},{"name":"size","dtype":"str","choices":["s","l"],)"
      R"("description":"how big","threshold":0.5,"cardinality":"required_one","exclusive":true}],)"
      R"("mode":"natural","anchor":"item","occurrence_policy":"first"}},)"
      R"("classifications":[{"task":"tone","labels":{"good":"nice","bad":"not nice"},"multi_label":true,)"
      R"("cls_threshold":0.25,"top_k":2,"class_act":"sigmoid","prompt":"how","examples":[["yes","good"]]}],)"
      R"("relations":{"owns":"has","lives in":{"description":"home","threshold":0.125}}})";
  const std::string once = Schema::from_json(text).to_json();
  EXPECT_EQ(once, text);
  EXPECT_EQ(Schema::from_json(once).to_json(), once);
}

TEST(StrictForm, ListsOfNamesStayLists) {
  const char* text = R"({"entities":["a","b"],"relations":["r"]})";
  EXPECT_EQ(Schema::from_json(text).to_json(), text);
}

struct Mistake {
  const char* json;
  const char* complaint;
};

void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.json; }

class StrictMistake : public testing::TestWithParam<Mistake> {};

TEST_P(StrictMistake, IsRefusedWithItsPlace) {
  EXPECT_THAT([] { Schema::from_json(GetParam().json); },
              ThrowsMessage<InputError>(HasSubstr(GetParam().complaint)))
      << GetParam().json;
}

INSTANTIATE_TEST_SUITE_P(
    Table, StrictMistake,
    testing::Values(
        Mistake{"{", "schema: broken JSON near byte"}, Mistake{"[]", "schema: expected an object"},
        Mistake{"{}", "at least one of"},
        Mistake{R"({"entitys":["a"]})", "unknown key \"entitys\"; known keys: entities"},
        Mistake{R"({"entities":[]})", "schema.entities: expected at least one name"},
        Mistake{R"({"entities":["a"," "]})", "not blank"},
        Mistake{R"({"entities":["a","a"]})", "\"a\" stands twice"},
        Mistake{R"({"entities":[1]})", "schema.entities[0]: expected a string, got 1"},
        Mistake{R"({"entities":{"a":{"dtype":"int"}}})",
                "schema.entities.a.dtype: expected \"str\" or \"list\""},
        Mistake{R"({"entities":{"a":{"threshold":1.5}}})",
                "schema.entities.a.threshold: expected a number in [0, 1]"},
        Mistake{R"({"entities":{"a":{"treshold":0.5}}})", "unknown key \"treshold\""},
        Mistake{R"({"structures":{}})", "at least one structure"},
        Mistake{R"({"structures":{"s":{"fields":[]}}})", "at least one field"},
        Mistake{R"({"structures":{"s":{}}})", "an object with \"fields\""},
        Mistake{R"({"structures":{"s":{"fields":[{"name":"f","choices":[]}]}}})", "at least one choice"},
        Mistake{R"({"structures":{"s":{"fields":[{"name":"f"}],"mode":"natural","anchor":"g"}}})",
                "not a declared field"},
        Mistake{R"({"classifications":[]})", "at least one task"},
        Mistake{R"({"classifications":[{"task":"t","labels":["a"]}]})", "at least two labels"},
        Mistake{R"({"classifications":[{"task":"t","labels":["a","a"]}]})", "stands twice"},
        Mistake{R"({"classifications":[{"task":"t","labels":["a","b"],"top_k":0}]})", "top_k must be >= 1"},
        Mistake{R"({"classifications":[{"task":"t","labels":["a","b"],"class_act":"relu"}]})",
                "one of auto, sigmoid"},
        Mistake{R"({"classifications":[{"task":"t","labels":["a","b"],"examples":[["x"]]}]})",
                "a pair [input, label]"},
        Mistake{R"({"classifications":[{"task":"t","labels":["a","b"]},{"task":"t","labels":["a","b"]}]})",
                "a task name of its own"},
        Mistake{R"({"relations":{"r":{"threshold":"0.5"}}})",
                "schema.relations.r.threshold: expected a number"},
        Mistake{R"({"entity_attributes":{}, "relations":["r"]})", "entities beside entity_attributes"}));

TEST(LooseForms, TakeWhatPythonTakes) {
  EXPECT_THAT(Schema::from_entities_json(R"("person")").spec()->entity_order, ElementsAre("person"));
  EXPECT_THAT(Schema::from_entities_json(R"({"a":null,"b":"desc","c":{"dtype":"str"}})").spec()->entity_order,
              ElementsAre("a", "b", "c"));
  const Schema tasks = Schema::from_tasks_json(R"({"t":{"x":"a label called so","y":"other"}})");
  EXPECT_THAT(tasks.spec()->classifications.front().labels, ElementsAre("x", "y"));
  const Schema configured =
      Schema::from_tasks_json(R"({"t":{"labels":["x"],"multi_label":true,"unknown":1}})");
  EXPECT_TRUE(configured.spec()->classifications.front().options.multi_label);
}

TEST(LooseForms, RefuseWhatPythonRefuses) {
  EXPECT_THROW(Schema::from_entities_json("5"), InputError);
  EXPECT_THROW(Schema::from_relations_json("null"), InputError);
  EXPECT_THROW(Schema::from_tasks_json("[]"), InputError);
  EXPECT_THROW(Schema::from_structures_json(R"({"s":[5]})"), InputError);
  EXPECT_THROW(Schema::from_builder_json(R"([["field",{"name":"f"}]])"), InputError);
  EXPECT_THROW(Schema::from_builder_json(R"([["unknown",{}]])"), InputError);
  EXPECT_THROW(Schema::from_engine_json(R"({"classifications":[{"labels":["a"]}]})"), InputError);
}

TEST(LooseForms, WhatBreaksOnlyThePromptMakesTheSchemaMalformed) {
  EXPECT_THAT(Schema::from_entities_json("[3]").spec()->malformed, HasSubstr("must be strings"));
  EXPECT_THAT(Schema::from_tasks_json(R"({"genre":"abc"})").spec()->malformed, HasSubstr("labels"));
  EXPECT_THAT(Schema::from_engine_json(R"({"entities":"abc"})").spec()->malformed, HasSubstr("entities"));
  EXPECT_EQ(Schema::from_engine_json(R"({"unknown":1})").spec()->malformed, "");
}

TEST(LooseForms, BuilderCallsBuildWhatTheBuilderBuilds) {
  const Schema called = Schema::from_builder_json(R"([["entities",{"entity_types":["a"],"threshold":0.25}],
      ["structure",{"name":"s"}],["field",{"name":"f","dtype":"str","validators":[{"pattern":"x+"}]}],
      ["relations",{"relation_types":["r"]}],["classification",{"task":"t","labels":["x","y"]}]])");
  Field field;
  field.name = "f";
  field.dtype = Dtype::kStr;
  Schema built;
  built.entities({"a"}, {Dtype::kList, 0.25, {}})
      .structure("s", {field})
      .relations({"r"})
      .classification("t", {"x", "y"});
  EXPECT_EQ(called.to_json(), built.to_json());
  EXPECT_EQ(called.spec()->field_rules.at("s.f").validators.size(), 1U);
}

}  // namespace
}  // namespace gliner
