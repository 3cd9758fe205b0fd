#include <gtest/gtest.h>

#include "chunking/merge_corrected.h"
#include "chunking/merge_reference.h"
#include "chunking/merged_lists.h"
#include "result/result_detail.h"

namespace gliner {
namespace {

Json span(const char* text, double confidence, int start, int end) {
  return {{"text", text}, {"confidence", confidence}, {"start", start}, {"end", end}};
}

TEST(MergeReference, MovesSpansResolvesOverlapsAndSortsByPlace) {
  const std::string document = "Ann met Bob in Bonn";
  const std::vector<WindowResult> windows = {
      {{{"entities", {{"name", Json::array({span("Bob", 0.6, 8, 11), span("Ann", 0.9, 0, 3)})}}}}, 0},
      {{{"entities", {{"name", Json::array({span("Bob", 0.8, 0, 3), span("Bonn", 0.7, 7, 11)})}}}}, 8}};
  const Json merged = merge_windows(document, windows, {}, OverlapPolicy::kDefault);
  EXPECT_EQ(strip_metadata(merged, false, false).dump(), R"({"entities":{"name":["Ann","Bob","Bonn"]}})");
  EXPECT_EQ(merged.at("entities").at("name").at(1).at("confidence"), 0.8);
}

TEST(MergeReference, TheFullStopOfAWindowIsSlicedFromTheDocument) {
  const std::vector<WindowResult> windows = {
      {{{"entities", {{"x", Json::array({span("met.", 0.9, 4, 8)})}}}}, 0}};
  const Json merged = merge_windows("Ann met Bob", windows, {}, OverlapPolicy::kDefault);
  EXPECT_EQ(strip_metadata(merged, false, false).dump(), R"({"entities":{"x":["met "]}})");
}

TEST(MergeReference, ASingleEntityIsTheFirstByPlace) {
  const std::vector<WindowResult> windows = {{{{"entities", {{"x", span("b", 0.9, 2, 3)}}}}, 0},
                                             {{{"entities", {{"x", span("a", 0.5, 0, 1)}}}}, 0}};
  const Json merged = merge_windows("a b", windows, {"x"}, OverlapPolicy::kDefault);
  EXPECT_EQ(strip_metadata(merged, false, false).dump(), R"({"entities":{"x":"a"}})");
}

TEST(MergeReference, RelationsDifferingInConfidenceOnlyAreOne) {
  const auto pair = [](double confidence) {
    return Json{{"head", span("a", confidence, 0, 1)}, {"tail", span("b", confidence, 2, 3)}};
  };
  const std::vector<WindowResult> windows = {
      {{{"relation_extraction", {{"r", Json::array({pair(0.5)})}}}}, 0},
      {{{"relation_extraction", {{"r", Json::array({pair(0.9)})}}}}, 0}};
  const Json merged = merge_windows("a b", windows, {}, OverlapPolicy::kDefault);
  EXPECT_EQ(merged.at("relation_extraction").at("r").size(), 1U);
  EXPECT_EQ(merged.at("relation_extraction").at("r").at(0).at("head").at("confidence"), 0.9);
  EXPECT_EQ(strip_metadata(merged, false, false).dump(),
            R"({"relation_extraction":{"r":[{"head":"a","tail":"b"}]}})");
}

TEST(MergeReference, TheSurerClassWinsAndMultiLabelsUnite) {
  const auto label = [](const char* name, double confidence) {
    return Json{{"label", name}, {"confidence", confidence}};
  };
  const std::vector<WindowResult> windows = {
      {{{"one", label("x", 0.6)}, {"many", Json::array({label("p", 0.7)})}}, 0},
      {{{"one", label("y", 0.8)}, {"many", Json::array({label("q", 0.2), label("p", 0.9)})}}, 0}};
  EXPECT_EQ(strip_metadata(merge_windows("t", windows, {}, OverlapPolicy::kDefault), false, false).dump(),
            R"({"one":"y","many":["p","q"]})");
}

TEST(MergeReference, PlacesAreConvertedOnceAndReadIntoLists) {
  Json merged = {{"entities", {{"x", Json::array({span("b", 0.5, 2, 3)})}}}};
  const std::string document = "\xC3\xA9 b";
  const OffsetMap map(document);
  convert_places(merged, map, OffsetUnit::kByte);
  EXPECT_EQ(merged.at("entities").at("x").at(0).at("start"), 3);
  Result result;
  read_merged_lists(result, merged, SchemaSpec{});
  ASSERT_EQ(result.entities.size(), 1U);
  EXPECT_EQ(result.entities[0].entities.at(0).begin, 3);
  EXPECT_EQ(result.entities[0].entities.at(0).confidence, 0.5);
}

Result window_result(std::vector<Entity> entities, bool single) {
  Result result;
  result.entities.push_back({"x", single, std::move(entities)});
  auto detail = std::make_shared<ResultDetail>();
  detail->tasks.push_back({ResultKind::kEntities, "entities", "entities", 0, false});
  result.detail = std::move(detail);
  return result;
}

Entity entity(const char* text, double confidence, std::int64_t begin, std::int64_t end) {
  Entity out;
  static_cast<Mention&>(out) = {text, confidence, begin, end};
  return out;
}

TEST(MergeCorrected, ASingleEntityIsTheBestAndWindowStopsAreCutOff) {
  SchemaSpec spec;
  const std::vector<Window> windows = {{0, 7}, {4, 11}};
  const Result merged = merge_windows_corrected(
      "Ann met Bob", windows,
      {window_result({entity("Ann", 0.5, 0, 3)}, true), window_result({entity("Bob.", 0.9, 4, 8)}, true)},
      spec, {});
  ASSERT_EQ(merged.entities.at(0).entities.size(), 1U);
  EXPECT_EQ(merged.entities[0].entities[0].text, "Bob");
  EXPECT_EQ(merged.entities[0].entities[0].begin, 8);
  EXPECT_EQ(merged.entities[0].entities[0].end, 11);
}

TEST(MergeCorrected, OneMentionSeenInTwoWindowsIsOne) {
  SchemaSpec spec;
  const std::vector<Window> windows = {{0, 7}, {4, 11}};
  const Result merged = merge_windows_corrected(
      "Ann met Bob", windows,
      {window_result({entity("met", 0.5, 4, 7)}, false), window_result({entity("met", 0.9, 0, 3)}, false)},
      spec, {});
  ASSERT_EQ(merged.entities.at(0).entities.size(), 1U);
  EXPECT_EQ(merged.entities[0].entities[0].confidence, 0.9);
}

}  // namespace
}  // namespace gliner
