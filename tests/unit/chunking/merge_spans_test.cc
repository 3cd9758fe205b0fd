#include "chunking/merge_spans.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace gliner {
namespace {

Span span(std::int64_t begin, std::int64_t end, const std::string& label, double confidence) {
  Span out;
  out.begin = begin;
  out.end = end;
  out.label = label;
  out.confidence = confidence;
  return out;
}

TEST(MergeSpans, APlaceThatTwoWindowsFoundCountsOnceWithItsBestScore) {
  Result first, second;
  first.spans = {span(4, 6, "a", 0.6)};
  second.spans = {span(0, 2, "a", 0.8)};
  const Result merged = merge_spans({{0, 10}, {4, 14}}, {first, second}, {});
  ASSERT_EQ(merged.spans.size(), 1u);
  EXPECT_EQ(merged.spans[0].begin, 4);
  EXPECT_DOUBLE_EQ(merged.spans[0].confidence, 0.8);
}

TEST(MergeSpans, ConflictsAcrossWindowsAreDecidedAsWithinOne) {
  Result first, second;
  first.spans = {span(4, 8, "a", 0.6)};
  second.spans = {span(2, 6, "b", 0.8)};
  const std::vector<Window> windows = {{0, 10}, {4, 14}};
  ASSERT_EQ(merge_spans(windows, {first, second}, {}).spans.size(), 1u);
  ExtractOptions all;
  all.overlap_policy = OverlapPolicy::kAllow;
  EXPECT_EQ(merge_spans(windows, {first, second}, all).spans.size(), 2u);
}

TEST(MergeSpans, RelationsFollowTheirEnds) {
  Result first, second;
  first.spans = {span(0, 2, "a", 0.9), span(4, 6, "b", 0.5)};
  first.span_relations = {{0, 1, "r", 0.6, {}, {}, {}, {}}};
  second.spans = {span(0, 2, "b", 0.8), span(8, 9, "c", 0.4)};
  second.span_relations = {{0, 1, "r", 0.7, {}, {}, {}, {}}};
  const Result merged = merge_spans({{0, 10}, {4, 14}}, {first, second}, {});
  ASSERT_EQ(merged.spans.size(), 3u);
  ASSERT_EQ(merged.span_relations.size(), 2u);
  EXPECT_EQ(merged.span_relations[0].tail, 1u)
      << "the first window's end is the second's, which scored better";
  EXPECT_EQ(merged.span_relations[1].head, 1u);
  EXPECT_EQ(merged.span_relations[1].tail, 2u);
}

}  // namespace
}  // namespace gliner
