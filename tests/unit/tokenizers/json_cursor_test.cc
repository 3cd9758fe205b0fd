#include "tokenizers/json_cursor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "gliner/error.h"

namespace gliner {
namespace {

using ::testing::HasSubstr;

JsonCursor cursor(std::string_view text) { return JsonCursor(text, "f.json", "place"); }

template <typename Read>
std::string refusal(std::string_view text, Read read) {
  JsonCursor at = cursor(text);
  try {
    read(at);
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(), HasSubstr("f.json: place: "));
    return error.what();
  }
  ADD_FAILURE() << "was not refused: " << text;
  return {};
}

TEST(JsonCursor, ReadsObjectsAndArraysInOrder) {
  JsonCursor at = cursor(R"( {"a": [1, 2] , "b" :{}, "c": [[], true, null]} )");
  std::vector<std::string> keys;
  std::string_view key;
  at.begin_object();
  ASSERT_TRUE(at.next_member(key));
  EXPECT_EQ(key, "a");
  at.begin_array();
  ASSERT_TRUE(at.next_element());
  EXPECT_EQ(at.id(), 1);
  ASSERT_TRUE(at.next_element());
  EXPECT_EQ(at.id(), 2);
  EXPECT_FALSE(at.next_element());
  ASSERT_TRUE(at.next_member(key));
  EXPECT_EQ(at.skip(), "{}");
  ASSERT_TRUE(at.next_member(key));
  EXPECT_EQ(key, "c");
  EXPECT_EQ(at.skip(), "[[], true, null]");
  EXPECT_FALSE(at.next_member(key));
  at.end();
}

TEST(JsonCursor, UnescapesStrings) {
  JsonCursor at = cursor(R"("plain" "a\"\\\/\b\f\n\r\tz" "\u00e9\ud83d\ude00\u0000")");
  EXPECT_EQ(at.string(), "plain");
  EXPECT_EQ(at.string(), "a\"\\/\b\f\n\r\tz");
  EXPECT_EQ(at.string(), std::string("\u00e9\U0001F600\0", 7));
}

TEST(JsonCursor, ReadsNumbersAsSerdeDoes) {
  // Those of the second line differ from the nearest double in the last bit.
  JsonCursor at = cursor(
      "-2.5 0 1e3 18446744073709551616 1e-400 0.1e1 -0.0 "
      "-2.0379089603199922 -19.014872519970602 -2.4580254978822946");
  for (const double expected : {-2.5, 0.0, 1000.0, 18446744073709551616.0, 0.0, 1.0, -0.0}) {
    EXPECT_EQ(at.number(), expected);
  }
  for (const double expected : {-2.037908960319992, -19.0148725199706, -2.458025497882294}) {
    EXPECT_EQ(at.number(), expected);
  }
}

TEST(JsonCursor, RefusesNumbersThatAreNone) {
  const auto number = [](JsonCursor& at) { at.number(); };
  for (const char* text :
       {"NaN", "Infinity", "-", "1.", ".5", "01", "1e", "1e+", "\"1\"", "", "1e999", "-1e309"}) {
    refusal(text, number);
  }
}

TEST(JsonCursor, RefusesIdsThatAreNone) {
  const auto id = [](JsonCursor& at) { at.id(); };
  EXPECT_THAT(refusal("-1", id), HasSubstr("expected an id from 0 to 2147483647 at byte 0, found -1"));
  for (const char* text : {"1.0", "1e2", "2147483648", "99999999999999999999", "007", "true", "null", ""}) {
    refusal(text, id);
  }
  JsonCursor at = cursor("2147483647");
  EXPECT_EQ(at.id(), 2147483647);
}

TEST(JsonCursor, RefusesBrokenText) {
  const auto skip = [](JsonCursor& at) {
    at.skip();
    at.end();
  };
  for (const char* text : {"",
                           "{",
                           "[",
                           "[1",
                           "[1,",
                           "[1,]",
                           "{\"a\"",
                           "{\"a\":",
                           "{\"a\":1,}",
                           "{a:1}",
                           "{1:1}",
                           "[1 2]",
                           "{\"a\" 1}",
                           "tru",
                           "nul",
                           "'a'",
                           "\"a",
                           "\"\\x\"",
                           "\"\\u12\"",
                           "\"\\ud800\"",
                           "\"\\ud800\\u0041\"",
                           "\"\\udc00\"",
                           "\"\t\"",
                           "[] []",
                           "]",
                           "}",
                           ","}) {
    refusal(text, skip);
  }
}

TEST(JsonCursor, SaysWhereInTheWholeFile) {
  const std::string text = R"({"x": {"y": [1, oops]}})";
  JsonCursor at(text, "f.json", "");
  EXPECT_THAT(refusal(text, [](JsonCursor& c) { c.skip(); }), HasSubstr("at byte 16, found 'o'"));
  JsonCursor good(R"({"x": {"y": "z"}})", "f.json", "");
  const RawObject outer(good, "");
  JsonCursor inner_cursor = outer.at("x");
  const RawObject inner(inner_cursor, "x");
  try {
    inner.at("y").id();
    FAIL();
  } catch (const ModelError& error) {
    EXPECT_THAT(error.what(),
                HasSubstr("f.json: x.y: expected an id from 0 to 2147483647 at byte 12, found a string"));
  }
}

TEST(JsonCursor, StopsAtTheDepthLimit) {
  const auto nested = [](int depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  const std::string deepest = nested(JsonCursor::kMaxDepth);
  EXPECT_EQ(cursor(deepest).skip(), deepest);
  EXPECT_THAT(refusal(nested(JsonCursor::kMaxDepth + 1), [](JsonCursor& at) { at.skip(); }),
              HasSubstr("deeper than 127"));
  refusal(std::string(1'000'000, '['), [](JsonCursor& at) { at.skip(); });
}

TEST(RawObject, TakesTheLastOfARepeatedKey) {
  const std::string text = R"({"a": 1, "b": null, "a": "x", "c": true})";
  JsonCursor at = cursor(text);
  const RawObject object(at, "place");
  EXPECT_EQ(object.optional_string("a"), "x");
  EXPECT_TRUE(object.has("b"));
  EXPECT_FALSE(object.has_value("b"));
  EXPECT_EQ(object.optional_string("b"), std::nullopt);
  EXPECT_TRUE(object.boolean_or("c", false));
  EXPECT_TRUE(object.boolean_or("d", true));
  EXPECT_THROW(object.at("d"), ModelError);
}

}  // namespace
}  // namespace gliner
