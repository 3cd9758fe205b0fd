// `gliner eval` as a person runs it. Numbers of the bundled file: gliner2 2.1.0 asked the same at threshold
// 0.5, its answers compared by gliner 0.2.29 (BaseNEREvaluator.compute_prf over sets of label and lower-cased
// text).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "process.h"

namespace gliner::cli {
namespace {

using Json = nlohmann::ordered_json;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

TEST(EvalCommand, AgreesWithTheReferenceOnTheBundledFile) {
  const Outcome outcome = run_gliner({"eval", std::string(GLINER_DEMO_MODEL) + "/eval.jsonl", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json scores = Json::parse(outcome.out);
  EXPECT_EQ(scores["records"], 296);
  EXPECT_EQ(scores["skipped"], 39);
  const Json& entities = scores["entities"]["micro"];
  EXPECT_EQ(entities["correct"], 394);
  EXPECT_EQ(entities["predicted"], 428);
  EXPECT_EQ(entities["gold"], 468);
  EXPECT_DOUBLE_EQ(entities["precision"], 0.9205607476635514);
  EXPECT_DOUBLE_EQ(entities["recall"], 0.8418803418803419);
  EXPECT_DOUBLE_EQ(entities["f1"], 0.8794642857142857);
  const Json& person = scores["entities"]["labels"]["person"];
  EXPECT_EQ(person["correct"], 91);
  EXPECT_EQ(person["predicted"], 98);
  EXPECT_EQ(person["gold"], 103);
  const Json& relations = scores["relations"]["micro"];
  EXPECT_EQ(relations["correct"], 43);
  EXPECT_EQ(relations["predicted"], 50);
  EXPECT_EQ(relations["gold"], 73);
  EXPECT_DOUBLE_EQ(relations["f1"], 0.6991869918699187);
  const Json& classes = scores["classes"];
  EXPECT_DOUBLE_EQ(classes["intent"]["accuracy"], 26.0 / 32);
  EXPECT_DOUBLE_EQ(classes["message type"]["accuracy"], 3.0 / 8);
  EXPECT_DOUBLE_EQ(classes["sentiment"]["accuracy"], 10.0 / 12);
  EXPECT_DOUBLE_EQ(classes["emotion"]["accuracy"], 7.0 / 11);
  EXPECT_DOUBLE_EQ(classes["topic"]["accuracy"], 3.0 / 5);
}

class SmallGold : public ::testing::Test {
 protected:
  TemporaryFolder folder_;
  std::string gold_ = folder_.write(
      "gold.jsonl",
      R"({"text": "Tim Cook leads Apple.", "entities": [{"start": 0, "end": 8, "label": "person"}, {"start": 15, "end": 20, "label": "company"}]})"
      "\n\n");
};

TEST_F(SmallGold, PrintsATable) {
  const Outcome outcome = run_gliner({"eval", gold_});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("precision"), HasSubstr("company"), HasSubstr("1.0000"),
                                 Not(HasSubstr("relations"))));
}

TEST_F(SmallGold, SweepsThresholds) {
  const Outcome outcome = run_gliner({"eval", gold_, "--sweep", "0.2:1:0.4", "--json"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json scores = Json::parse(outcome.out);
  ASSERT_EQ(scores.size(), 3U);
  EXPECT_DOUBLE_EQ(scores[1]["threshold"], 0.6);
  EXPECT_LE(scores[2]["entities"]["micro"]["predicted"], scores[0]["entities"]["micro"]["predicted"]);
  EXPECT_THAT(run_gliner({"eval", gold_, "--sweep", "0.3,0.5"}).out, HasSubstr("best F1"));
}

TEST_F(SmallGold, LabelsOfTheCommandLineReplaceTheRecords) {
  const Json scores = Json::parse(run_gliner({"eval", gold_, "--label", "person", "--json"}).out);
  EXPECT_EQ(scores["entities"]["micro"]["predicted"], 1);
  EXPECT_EQ(scores["entities"]["micro"]["gold"], 2);
}

TEST_F(SmallGold, WrongUseEndsWithTwo) {
  const std::string empty = folder_.write("empty.jsonl", "");
  const std::string broken = folder_.write("broken.jsonl", R"({"text": "t", "entities": []})"
                                                           "\n{\"text\"");
  const std::vector<std::vector<std::string>> lines = {{"eval"},
                                                       {"eval", "/no/such/file"},
                                                       {"eval", empty},
                                                       {"eval", broken},
                                                       {"eval", gold_, "--sweep", "1:0:0.1"},
                                                       {"eval", gold_, "--sweep", "a"},
                                                       {"eval", gold_, "--sweep", "0:1:0"},
                                                       {"eval", gold_, "--threshold", "3"},
                                                       {"eval", gold_, "--threshold", "nan"}};
  for (const std::vector<std::string>& words : lines) {
    const Outcome outcome = run_gliner(words);
    EXPECT_EQ(outcome.exit_code, 2) << words.back();
    EXPECT_THAT(outcome.err, Not(IsEmpty()));
    EXPECT_THAT(outcome.out, IsEmpty());
  }
  EXPECT_THAT(run_gliner({"eval", broken}).err, HasSubstr("line 2"));
}

}  // namespace
}  // namespace gliner::cli
