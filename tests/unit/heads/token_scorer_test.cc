#include "heads/token_scorer.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "random_weights.h"

namespace gliner {
namespace {

TEST(TokenScorer, ScoresEveryPairByItsDefinition) {
  const c10::InferenceMode guard;
  at::manual_seed(1);
  const std::int64_t hidden = 10;
  testing::RandomWeights w;
  w.linear("proj_token", hidden, 2 * hidden);
  w.linear("proj_label", hidden, 2 * hidden);
  w.linear("out_mlp.0", 3 * hidden, 4 * hidden);
  w.linear("out_mlp.3", 4 * hidden, 3);
  const TokenScorer scorer(w.scope(), hidden);
  EXPECT_NO_THROW(w.store().check_all_used());

  // One long enough for several blocks, an empty one, one without labels, one with more labels than a block.
  const SequenceStart word_start = {0, 70, 70, 74, 79};
  // Two share labels.
  const std::vector<RowRange> own_labels = {{0, 20}, {20, 23}, {23, 23}, {3, 650}};
  const at::Tensor words = at::randn({word_start.back(), hidden});
  const at::Tensor labels = at::randn({own_labels.back().end, hidden});
  const std::vector<at::Tensor> found = scorer.forward(words, word_start, labels, own_labels);
  ASSERT_EQ(found.size(), 4u);
  for (std::size_t b = 0; b < found.size(); ++b) {
    const std::int64_t length = word_start[b + 1] - word_start[b], count = own_labels[b].size();
    const at::Tensor t = w.apply("proj_token", words.narrow(0, word_start[b], length)).unsqueeze(1);
    const at::Tensor l = w.apply("proj_label", labels.narrow(0, own_labels[b].begin, count)).unsqueeze(0);
    const std::vector<std::int64_t> pairs = {length, count, hidden};
    const at::Tensor joined =
        at::cat({t.narrow(2, 0, hidden).expand(pairs), l.narrow(2, 0, hidden).expand(pairs),
                 t.narrow(2, hidden, hidden) * l.narrow(2, hidden, hidden)},
                2);
    const at::Tensor expected = w.apply("out_mlp.3", at::relu(w.apply("out_mlp.0", joined)));
    EXPECT_LT(testing::difference(found[b], expected), 2e-5) << b;
  }

  // The same in the products that cards take: the empty ones left out.
  std::vector<GridSequence> sequences = {{0, 70, 0, 20, 0}, {74, 5, 3, 647, 0}};
  SpanGrid grid(sequences, {1, 0, scorer.floats_of_pair(), /*most_rows=*/32});
  PackedUpload upload;
  grid.prepare(upload);
  const at::Tensor logits = scorer.forward(scorer.sides(words, labels), grid.shape(), upload.send(c10::kCPU));
  ASSERT_EQ(logits.size(0), grid.cells());
  for (std::size_t s = 0; s < sequences.size(); ++s)
    for (std::int64_t label = 0; label < sequences[s].queries; ++label)
      for (std::int64_t word = 0; word < sequences[s].rows; ++word) {
        const at::Tensor expected = found[s == 0 ? 0 : 3][word][label];
        ASSERT_LT(testing::difference(logits[grid.cell({s, label, word, 0})], expected), 2e-5);
      }
}

}  // namespace
}  // namespace gliner
