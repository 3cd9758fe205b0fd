#include "schema/builder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gliner/error.h"

namespace gliner {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::ThrowsMessage;

std::vector<std::string> keys(const OrderedMap<bool>& map) {
  std::vector<std::string> out;
  for (const auto& [key, unused] : map) out.push_back(key);
  return out;
}

TEST(OrderedMap, KeepsThePlaceOfAReassignedKeyAndForgetsThatOfAnErasedOne) {
  OrderedMap<bool> map;
  for (const char* key : {"a", "b", "c"}) map[key] = true;
  map["a"] = false;
  EXPECT_THAT(keys(map), ElementsAre("a", "b", "c"));
  map.erase("a");
  map["a"] = true;
  EXPECT_THAT(keys(map), ElementsAre("b", "c", "a"));
  EXPECT_EQ(map.find("missing"), nullptr);
}

TEST(Schema, RepeatedEntityCallsAccumulateInFirstSeenOrder) {
  Schema schema;
  schema.entities({"b", "a"}).entities({"a", "c"}, {Dtype::kStr, 0.25, {}});
  EXPECT_THAT(schema.spec()->entity_order, ElementsAre("b", "a", "c"));
  EXPECT_EQ(schema.spec()->entity_rules.at("a").dtype, Dtype::kStr);
  EXPECT_EQ(schema.spec()->entity_rules.at("b").threshold, std::nullopt);
}

TEST(Schema, ACopyIsIndependentOfItsOrigin) {
  Schema first;
  first.entities({"a"});
  Schema second = first;
  second.entities({"b"});
  EXPECT_THAT(first.spec()->entity_order, ElementsAre("a"));
  EXPECT_THAT(second.spec()->entity_order, ElementsAre("a", "b"));
}

TEST(Schema, ARefusedCallChangesNothing) {
  Schema schema;
  schema.entities({"a"});
  EXPECT_THROW(schema.entities({"b", "c"}, {Dtype::kList, 1.5, {}}), InputError);
  EXPECT_THAT(schema.spec()->entity_order, ElementsAre("a"));
}

TEST(Schema, AnInvalidExpressionIsRefusedWhenItIsDeclared) {
  EXPECT_THAT(
      [] {
        Schema().entities({"a"}, {Dtype::kList, {}, {{"("}}});
      },
      ThrowsMessage<InputError>(HasSubstr("Invalid regex")));
}

TEST(Schema, AttributeLabelsAreSortedBehindTheEntitiesAndReplacedByASecondCall) {
  Schema schema;
  schema.entities({"person"});
  schema.entity_attributes({{"mood", {"sad", "glad"}}});
  EXPECT_THAT(keys(schema.spec()->entities), ElementsAre("person", "glad", "sad"));
  AttributeGroup size{"size", {"big"}};
  size.qualify_labels = true;
  schema.entity_attributes({size});
  EXPECT_THAT(keys(schema.spec()->entities), ElementsAre("person", "size: big"));
  EXPECT_THAT(schema.spec()->entity_order, ElementsAre("person"));
}

TEST(Schema, AttributeMistakesAreToldApart) {
  Schema schema;
  EXPECT_THAT(
      [&] {
        schema.entity_attributes({{"g", {"x"}}});
      },
      ThrowsMessage<InputError>(HasSubstr("entities first")));
  schema.entities({"person"});
  EXPECT_THAT(
      [&] {
        schema.entity_attributes({{"text", {"x"}}});
      },
      ThrowsMessage<InputError>(HasSubstr("group name")));
  EXPECT_THAT(
      [&] {
        schema.entity_attributes({{"g", {}}});
      },
      ThrowsMessage<InputError>(HasSubstr("no labels")));
  EXPECT_THAT(
      [&] {
        schema.entity_attributes({{"g", {" "}}});
      },
      ThrowsMessage<InputError>(HasSubstr("empty label")));
  EXPECT_THAT(
      [&] {
        schema.entity_attributes({{"g", {"x", "x"}}});
      },
      ThrowsMessage<InputError>(HasSubstr("again in \"g\"")));
  EXPECT_THAT(
      [&] {
        schema.entity_attributes({{"g", {"person"}}});
      },
      ThrowsMessage<InputError>(HasSubstr("qualify_labels")));
  AttributeGroup stray{"g", {"x"}};
  stray.applies_to = {"animal"};
  EXPECT_THAT([&] { schema.entity_attributes({stray}); },
              ThrowsMessage<InputError>(HasSubstr("unknown entity")));
}

TEST(Schema, RecordOptionsAreCheckedThoughOnlyOtherModelsReadThem) {
  SchemaSpec spec;
  EXPECT_THAT(
      [&] {
        add_structure(spec, "s", {}, {"odd", {}, {}});
      },
      ThrowsMessage<InputError>(HasSubstr("mode")));
  EXPECT_THAT(
      [&] {
        add_structure(spec, "s", {}, {"natural", {}, {}});
      },
      ThrowsMessage<InputError>(HasSubstr("at least one field")));
  EXPECT_THAT(
      [&] {
        add_structure(spec, "s", {}, {"natural", "f", {}});
      },
      ThrowsMessage<InputError>(HasSubstr("not a declared field")));
  EXPECT_THAT(
      [&] {
        add_structure(spec, "s", {}, {"latent", "f", {}});
      },
      ThrowsMessage<InputError>(HasSubstr("must not set an anchor")));
}

struct FieldSpecCase {
  const char* spec;
  const char* name;
  Dtype dtype;
  std::vector<std::string> choices;
  std::optional<std::string> description;
};

void PrintTo(const FieldSpecCase& expected, std::ostream* out) { *out << expected.spec; }

class FieldSpec : public testing::TestWithParam<FieldSpecCase> {};

TEST_P(FieldSpec, IsReadAsTheReferenceReadsIt) {
  const FieldSpecCase& expected = GetParam();
  const Field field = parse_field_spec(expected.spec);
  EXPECT_EQ(field.name, expected.name);
  EXPECT_EQ(field.dtype, expected.dtype);
  EXPECT_EQ(field.choices, expected.choices);
  EXPECT_EQ(field.description, expected.description);
}

// Recorded from gliner2 2.1.0, _parse_field_spec.
INSTANTIATE_TEST_SUITE_P(
    MiniLanguage, FieldSpec,
    testing::Values(FieldSpecCase{"name", "name", Dtype::kList, {}, {}},
                    FieldSpecCase{"name::str", "name", Dtype::kStr, {}, {}},
                    FieldSpecCase{"size::[small| large ]", "size", Dtype::kStr, {"small", "large"}, {}},
                    FieldSpecCase{"size::list::[a|b]", "size", Dtype::kList, {"a", "b"}, {}},
                    FieldSpecCase{"size::[a|b]::list", "size", Dtype::kList, {"a", "b"}, {}},
                    FieldSpecCase{"size::[a]::the size::str", "size", Dtype::kStr, {"a"}, "the size"},
                    FieldSpecCase{"a::first::second", "a", Dtype::kList, {}, "second"},
                    FieldSpecCase{"a::[]", "a", Dtype::kStr, {""}, {}},
                    FieldSpecCase{"a::[", "a", Dtype::kList, {}, "["},
                    FieldSpecCase{"::str", "", Dtype::kStr, {}, {}}));

}  // namespace
}  // namespace gliner
