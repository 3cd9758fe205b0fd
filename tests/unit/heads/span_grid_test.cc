#include "heads/span_grid.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "heads/compaction.h"
#include "heads/span_logits.h"

namespace gliner {
namespace {

constexpr std::int64_t kWidths = 4;
constexpr std::int64_t kInner = 6;

struct Example {
  std::vector<GridSequence> sequences;
  SpanEnds ends;
  at::Tensor folded, bias;
  std::int64_t queries = 0;
};

// Sequences of the given rows and queries.
Example example(const std::vector<std::pair<std::int64_t, std::int64_t>>& sizes) {
  Example made;
  std::int64_t rows = 0;
  for (const auto& [own_rows, own_queries] : sizes) {
    made.sequences.push_back(
        {rows, own_rows, made.queries, own_queries, std::min<std::int64_t>(own_rows, 1)});
    rows += own_rows;
    made.queries += own_queries;
  }
  at::manual_seed(1);
  made.ends = {at::randn({rows, kInner}), at::randn({rows, kInner})};
  made.folded = at::randn({made.queries, kInner});
  made.bias = at::randn({made.queries});
  return made;
}

const std::vector<std::pair<std::int64_t, std::int64_t>> kSizes = {{7, 2}, {1, 1}, {3, 5}, {1100, 3}, {2, 2}};

TEST(SpanGrid, CellsAndPlacesAreInverse) {
  const Example made = example(kSizes);
  const SpanGrid grid(made.sequences, {kWidths, kInner});
  std::int64_t own = 0;
  for (std::size_t s = 0; s < made.sequences.size(); ++s) {
    std::int64_t before = -1;
    for (std::int64_t row = 0; row < made.sequences[s].rows; ++row)
      for (std::int64_t query = 0; query < made.sequences[s].queries; ++query)
        for (std::int64_t width = 0; width < kWidths; ++width) {
          const std::int64_t cell = grid.cell({s, query, row, width});
          ASSERT_TRUE(cell >= 0 && cell < grid.cells());
          const GridCell place = grid.at(cell);
          ASSERT_EQ(std::tie(place.sequence, place.query, place.row, place.width),
                    std::tie(s, query, row, width));
          if (query == 0 && width == 0) {
            ASSERT_GT(cell, before);
            before = cell;
          }
          ++own;
        }
  }
  EXPECT_LT(own, grid.cells()) << "there is padding to tell apart";
}

TEST(SpanGrid, LogitsAreThoseOfEachSequenceAlone) {
  const Example made = example(kSizes);
  SpanGrid grid(made.sequences, {kWidths, kInner});
  PackedUpload upload;
  grid.prepare(upload);
  const Uploaded sent = upload.send(c10::kCPU);
  const at::Tensor logits = grid.shape().logits(made.ends, made.folded, made.bias, sent);
  ASSERT_EQ(logits.size(0), grid.cells());
  for (std::size_t s = 0; s < made.sequences.size(); ++s) {
    const GridSequence& sequence = made.sequences[s];
    const at::Tensor expected =
        plain_span_logits(made.ends.start.narrow(0, sequence.first_row, sequence.rows),
                          made.ends.end.narrow(0, sequence.first_row, sequence.rows),
                          made.folded.narrow(0, sequence.first_query, sequence.queries),
                          made.bias.narrow(0, sequence.first_query, sequence.queries), kWidths);
    for (std::int64_t query = 0; query < sequence.queries; ++query)
      for (std::int64_t row = 0; row < sequence.rows; ++row)
        for (std::int64_t width = 0; width < std::min(kWidths, sequence.rows - row); ++width)
          ASSERT_NEAR(logits[grid.cell({s, query, row, width})].item<float>(),
                      expected[query][row][width].item<float>(), 1e-5)
              << s << " " << query << " " << row << " " << width;
  }
}

TEST(SpanGrid, SequencesMayShareQueries) {
  Example made = example({{7, 5}, {3, 1}, {9, 1}});
  for (GridSequence& sequence : made.sequences) {
    sequence.first_query = 1;
    sequence.queries = 4;
  }
  Example apart = made;
  apart.sequences[1].queries = 3;  // Not the same ones, so they are gathered.
  std::vector<at::Tensor> logits, reached;
  std::vector<SpanGrid> grids;
  for (const Example& one : {made, apart}) {
    grids.emplace_back(one.sequences, GridLimits{kWidths, kInner});
    PackedUpload upload;
    grids.back().prepare(upload);
    const Uploaded sent = upload.send(c10::kCPU);
    const SpanGridShape& shape = grids.back().shape();
    EXPECT_EQ(shape.blocks.front().shared_query, logits.empty() ? 1 : -1);
    logits.push_back(shape.logits(one.ends, one.folded, one.bias, sent));
    reached.push_back(shape.reached(logits.back(), at::zeros({7}), sent));
  }
  ASSERT_EQ(grids[0].cells(), grids[1].cells());
  for (std::int64_t cell = 0; cell < grids[0].cells(); ++cell) {
    const GridCell place = grids[0].at(cell);
    const bool own = place.sequence != 1 || place.query < 3;
    if (own) {
      ASSERT_NEAR(logits[0][cell].item<float>(), logits[1][cell].item<float>(), 1e-5) << place.query;
    }
    ASSERT_EQ(own && reached[0][cell].item<bool>(), reached[1][cell].item<bool>());
  }
}

TEST(SpanGrid, NothingIsFoundInItsPaddingWhateverTheLogits) {
  const Example made = example({{7, 2}, {2, 5}});
  SpanGrid grid(made.sequences, {kWidths, kInner});
  PackedUpload upload;
  grid.prepare(upload);
  const float infinity = std::numeric_limits<float>::infinity();
  const at::Tensor reached = grid.shape().reached(
      at::full({grid.cells()}, infinity), at::full({made.queries}, -infinity), upload.send(c10::kCPU));
  const std::int64_t spans = (4 + 4 + 4 + 3 + 2 + 1) * 2 + 1 * 5;  // From the second row on.
  EXPECT_EQ(reached.sum().item<std::int64_t>(), spans);
}

TEST(SpanGrid, ProductsFitIntoTheirMemory) {
  const GridLimits limits{1, 0, std::int64_t{1} << 14, 128};
  EXPECT_EQ(SpanGrid::most_queries(limits), 32);
  const SpanGrid grid(std::vector<GridSequence>(3, GridSequence{0, 128, 0, 16, 0}), limits);
  const std::vector<SpanGridShape::Block>& blocks = grid.shape().blocks;
  ASSERT_EQ(blocks.size(), 2U) << "two sequences fill a product";
  EXPECT_EQ(blocks[0].items, 2);
  EXPECT_EQ(blocks[1].begin, grid.shape().cells_of(blocks[0]));
}

TEST(SpanGrid, NothingButSpansOfTheTextIsReached) {
  const Example made = example({{7, 2}, {1, 1}, {3, 5}, {600, 1}});
  SpanGrid grid(made.sequences, {kWidths, kInner});
  PackedUpload upload;
  grid.prepare(upload);
  const Uploaded sent = upload.send(c10::kCPU);
  const at::Tensor logits = grid.shape().logits(made.ends, made.folded, made.bias, sent);
  at::Tensor least = at::full({made.queries}, -std::numeric_limits<float>::infinity());
  least[0] = 0.5;
  least[1] = std::numeric_limits<float>::infinity();
  const at::Tensor reached = grid.shape().reached(logits, least, sent);
  std::vector<bool> expected(static_cast<std::size_t>(grid.cells()), false);
  for (std::size_t s = 0; s < made.sequences.size(); ++s) {
    const GridSequence& sequence = made.sequences[s];
    for (std::int64_t query = 0; query < sequence.queries; ++query)
      for (std::int64_t row = sequence.first_text_row; row < sequence.rows; ++row)
        for (std::int64_t width = 0; width < std::min(kWidths, sequence.rows - row); ++width) {
          const std::int64_t cell = grid.cell({s, query, row, width});
          expected[static_cast<std::size_t>(cell)] =
              logits[cell].item<float>() >= least[sequence.first_query + query].item<float>();
        }
  }
  for (std::int64_t cell = 0; cell < grid.cells(); ++cell)
    ASSERT_EQ(reached[cell].item<bool>(), expected[static_cast<std::size_t>(cell)]) << cell;
}

TEST(SpanGrid, RowsInStepsFindTheSame) {
  // What a captured pass does for texts of similar length: the products of the one, the places of the other.
  const Example longer = example({{7, 2}, {14, 3}}), shorter = example({{9, 2}, {3, 3}});
  SpanGrid planned(longer.sequences, {kWidths, kInner, 0, 512, /*row_step=*/8}),
      own(shorter.sequences, {kWidths, kInner, 0, 512, 8});
  SpanGrid exact(shorter.sequences, {kWidths, kInner});
  PackedUpload first, second, third;
  planned.prepare(first);
  own.prepare(second);
  exact.prepare(third);
  EXPECT_EQ(planned.cells(), own.cells()) << "both have 16 rows";
  ASSERT_EQ(first.words().size(), second.words().size());
  const auto found = [&](const SpanGridShape& shape, const SpanGrid& places, const Uploaded& sent) {
    const at::Tensor logits = shape.logits(shorter.ends, shorter.folded, shorter.bias, sent);
    const at::Tensor reached = shape.reached(logits, at::full({shorter.queries}, 0.25), sent);
    std::vector<std::tuple<std::size_t, std::int64_t, std::int64_t, std::int64_t, float>> spans;
    for (std::int64_t cell = 0; cell < places.cells(); ++cell) {
      if (!reached[cell].item<bool>()) continue;
      const GridCell at = places.at(cell);
      spans.emplace_back(at.sequence, at.query, at.row, at.width, logits[cell].item<float>());
    }
    return spans;
  };
  const auto expected = found(exact.shape(), exact, third.send(c10::kCPU));
  EXPECT_FALSE(expected.empty());
  EXPECT_EQ(found(planned.shape(), own, second.send(c10::kCPU)), expected);
}

TEST(Compaction, KeepsWhatNonzeroFinds) {
  at::manual_seed(3);
  for (const double share : {0.0, 0.01, 0.5, 1.0}) {
    const at::Tensor mask = at::rand({1000}) < share;
    const at::Tensor expected = at::nonzero(mask).view({-1}).to(at::kInt);
    const Compacted found = compact(mask, 1000);
    ASSERT_EQ(found.total.item<std::int32_t>(), expected.size(0));
    EXPECT_TRUE(found.index.narrow(0, 0, expected.size(0)).equal(expected));
  }
}

TEST(Compaction, SaysHowMuchDidNotFit) {
  const at::Tensor mask = at::ones({50}, at::kBool);
  const Compacted found = compact(mask, 8);
  EXPECT_EQ(found.total.item<std::int32_t>(), 50);
  EXPECT_TRUE(found.index.equal(at::arange(8, at::kInt)));
  EXPECT_EQ(compact(at::zeros({0}, at::kBool), 4).total.item<std::int32_t>(), 0);
}

}  // namespace
}  // namespace gliner
