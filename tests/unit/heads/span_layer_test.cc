#include "heads/span_layer.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "gliner/error.h"
#include "random_weights.h"

namespace gliner {
namespace {

using testing::RandomWeights;

constexpr std::int64_t kHidden = 12;
constexpr std::int64_t kWidth = 4;
constexpr double kTolerance = 2e-5;

void add_projection(RandomWeights& w, const std::string& name, std::int64_t in, std::int64_t inner) {
  w.linear(name + ".0", in, inner);
  w.linear(name + ".3", inner, kHidden);
}

void add_weights(RandomWeights& w, const std::string& mode) {
  if (mode == "marker") {
    add_projection(w, "project_start", kHidden, 2 * kHidden);
    add_projection(w, "project_end", kHidden, 2 * kHidden);
    w.linear("out_project", 2 * kHidden, kHidden);
  } else if (mode.substr(0, 6) == "marker" || mode == "token_level") {
    const bool has_context = mode == "markerV1" || mode == "markerV2";
    add_projection(w, "project_start", kHidden, 4 * kHidden);
    add_projection(w, "project_end", kHidden, 4 * kHidden);
    if (mode == "markerV1") add_projection(w, "project_first", kHidden, 4 * kHidden);
    if (mode == "markerV2") add_projection(w, "project_context", kHidden, 4 * kHidden);
    add_projection(w, "out_project", (has_context ? 3 : 2) * kHidden, 4 * kHidden);
  } else if (mode == "query") {
    w.add("query_seg", {kHidden, kWidth});
    w.linear("project.0", kHidden, kHidden);
  } else if (mode == "mlp") {
    w.linear("mlp", kHidden, kHidden * kWidth);
  } else if (mode == "cat") {
    w.add("query_seg", {128, kWidth});
    w.linear("project.0", kHidden + 128, kHidden);
  } else {
    if (mode == "conv_share") w.add("conv_weigth", {kHidden, kHidden, kWidth});
    if (mode == "conv_conv")
      for (std::int64_t width = 2; width <= kWidth; ++width) {
        const std::string name = "convs." + std::to_string(width - 2) + ".conv.";
        w.add(name + "weight", {kHidden, kHidden, width});
        w.add(name + "bias", {kHidden});
      }
    w.linear("project.1", kHidden, kHidden);
  }
}

at::Tensor projection(const RandomWeights& w, const std::string& name, const at::Tensor& x) {
  return w.apply(name + ".3", at::relu(w.apply(name + ".0", x)));
}

// One span's vector as the reference's module writes it down. words: [L, H] of one sequence.
at::Tensor by_definition(const RandomWeights& w, const std::string& mode, const at::Tensor& words,
                         std::int64_t begin, std::int64_t end, std::int64_t padded_words) {
  const std::int64_t width = end - begin;
  const at::Tensor first = words[begin], last = words[end - 1], own = words.narrow(0, begin, width);
  if (mode == "marker")
    return w.apply(
        "out_project",
        at::relu(at::cat({projection(w, "project_start", first), projection(w, "project_end", last)})));
  if (mode.substr(0, 6) == "marker" || mode == "token_level") {
    std::vector<at::Tensor> parts = {projection(w, "project_start", first),
                                     projection(w, "project_end", last)};
    if (mode == "markerV1")
      parts.push_back(
          at::constant_pad_nd(words, {0, 0, 0, std::max<std::int64_t>(0, padded_words - words.size(0))})
              .mean(0));
    if (mode == "markerV2") {  // The last word of the padded batch: zeros where that is padding.
      const bool is_padding = padded_words > words.size(0);
      const at::Tensor last_word = words[words.size(0) - 1];
      parts.push_back(projection(w, "project_context", is_padding ? at::zeros_like(last_word) : last_word));
    }
    return projection(w, "out_project", at::relu(at::cat(parts)));
  }
  if (mode == "query") return at::relu(w.apply("project.0", first * w["query_seg"].select(1, width - 1)));
  if (mode == "mlp") return at::relu(w.apply("mlp", first)).view({kWidth, kHidden})[width - 1];
  if (mode == "cat")
    return at::relu(
        w.apply("project.0", at::cat({first, w["query_seg"].contiguous().view({kWidth, 128})[width - 1]})));
  at::Tensor pooled = first;
  const auto convolved = [&](const at::Tensor& weight, const at::Tensor& bias) {
    return at::conv1d(own.t().unsqueeze(0), weight, bias).view({kHidden});
  };
  if (mode == "conv_share") pooled = convolved(w["conv_weigth"].narrow(2, 0, width).contiguous(), {});
  if (mode == "conv_conv" && width > 1) {
    const std::string name = "convs." + std::to_string(width - 2) + ".conv.";
    pooled = convolved(w[name + "weight"], w[name + "bias"]);
  }
  if (mode == "conv_max") pooled = own.amax(0);
  if (mode == "conv_mean") pooled = own.mean(0);
  if (mode == "conv_sum") pooled = own.mean(0) * width;
  return w.apply("project.1", at::relu(pooled));
}

class SpanLayerTest : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Modes, SpanLayerTest,
                         ::testing::Values("marker", "markerV0", "markerV1", "markerV2", "query", "mlp",
                                           "cat", "conv_conv", "conv_max", "conv_mean", "conv_sum",
                                           "conv_share", "token_level"),
                         [](const auto& mode) { return mode.param; });

// Sequences longer and shorter than the width, and an empty one; one without queries.
const SequenceStart kWords = {0, 9, 9, 11, 12, 20};
// Some share their queries.
const std::vector<RowRange> kQueries = {{0, 3}, {3, 5}, {5, 7}, {0, 0}, {2, 7}};
constexpr std::int64_t kQueryCount = 7;

TEST_P(SpanLayerTest, GivesEverySpanTheVectorAndTheScoresOfItsDefinition) {
  const c10::InferenceMode guard;
  at::manual_seed(1);
  RandomWeights w;
  add_weights(w, GetParam());
  const auto layer = make_span_layer(w.scope(), GetParam(), kHidden, kWidth);
  EXPECT_NO_THROW(w.store().check_all_used());

  const at::Tensor words = at::randn({kWords.back(), kHidden});
  const at::Tensor queries = at::randn({kQueryCount, kHidden});
  for (const std::int64_t padded_words : {0, 9}) {
    const SpanWords batch{words, kWords, padded_words};
    const std::vector<at::Tensor> logits =
        layer->logits(batch, layer->prepare(queries, /*packed=*/false), kQueries);
    ASSERT_EQ(logits.size(), kWords.size() - 1);
    std::vector<RowRange> spans;
    std::vector<at::Tensor> expected;
    for (std::size_t b = 0; b + 1 < kWords.size(); ++b) {
      const std::int64_t length = kWords[b + 1] - kWords[b];
      const at::Tensor own = queries.narrow(0, kQueries[b].begin, kQueries[b].size());
      at::Tensor scores = at::full({own.size(0), length, kWidth}, -INFINITY);
      for (std::int64_t i = 0; i < length; ++i)
        for (std::int64_t k = 0; k < kWidth && i + k < length; ++k) {
          expected.push_back(
              by_definition(w, GetParam(), words.narrow(0, kWords[b], length), i, i + k + 1, padded_words));
          spans.push_back({kWords[b] + i, kWords[b] + i + k + 1});
          scores.select(2, k).select(1, i).copy_(at::mv(own, expected.back()));
        }
      EXPECT_LT(testing::difference(logits[b], scores), kTolerance) << "sequence " << b;
    }
    // In an order that jumps between the sequences.
    std::vector<RowRange> mixed;
    std::vector<at::Tensor> mixed_expected;
    for (std::size_t s = 0; s < spans.size(); ++s) {
      const std::size_t from = s * 7 % spans.size();
      mixed.push_back(spans[from]);
      mixed_expected.push_back(expected[from]);
    }
    EXPECT_LT(testing::difference(layer->vectors(batch, mixed), at::stack(mixed_expected)), kTolerance);
  }
}

TEST_P(SpanLayerTest, GivesNothingForNoSpans) {
  const c10::InferenceMode guard;
  RandomWeights w;
  add_weights(w, GetParam());
  const auto layer = make_span_layer(w.scope(), GetParam(), kHidden, kWidth);
  const SpanWords batch{at::randn({3, kHidden}), {0, 3}};
  EXPECT_EQ(layer->vectors(batch, {}).sizes(), at::IntArrayRef({0, kHidden}));
  const SpanWords empty{at::empty({0, kHidden}), {0, 0}};
  const std::vector<at::Tensor> logits =
      layer->logits(empty, layer->prepare(at::randn({2, kHidden}), /*packed=*/false), {{0, 2}});
  ASSERT_EQ(logits.size(), 1u);
  EXPECT_EQ(logits[0].sizes(), at::IntArrayRef({2, 0, kWidth}));
}

TEST(SpanLayer, GivesMarkersOfSpansWiderThanItScores) {
  const c10::InferenceMode guard;
  at::manual_seed(2);
  for (const char* mode : {"marker", "markerV2", "token_level"}) {
    RandomWeights w;
    add_weights(w, mode);
    const auto layer = make_span_layer(w.scope(), mode, kHidden, /*max_width=*/1);
    const at::Tensor words = at::randn({9, kHidden});
    EXPECT_LT(testing::difference(layer->vectors({words, {0, 9}}, {{1, 8}})[0],
                                  by_definition(w, mode, words, 1, 8, 0)),
              kTolerance);
  }
}

TEST(SpanLayer, ScoresPackedLabelsAsOthers) {
  const c10::InferenceMode guard;
  at::manual_seed(3);
  for (const char* mode : {"marker", "markerV0", "markerV1", "conv_max"}) {
    RandomWeights w;
    add_weights(w, mode);
    const auto layer = make_span_layer(w.scope(), mode, kHidden, kWidth);
    const SpanWords batch{at::randn({kWords.back(), kHidden}), kWords, 9};
    const at::Tensor labels = at::randn({100, kHidden});
    const std::vector<RowRange> all(kWords.size() - 1, RowRange{0, 100});
    const auto plain = layer->logits(batch, layer->prepare(labels, /*packed=*/false), all);
    const auto packed = layer->logits(batch, layer->prepare(labels, /*packed=*/true), all);
    for (std::size_t b = 0; b < plain.size(); ++b) {
      ASSERT_EQ(packed[b].sizes(), plain[b].sizes()) << mode;
      EXPECT_TRUE(at::allclose(packed[b], plain[b], 1e-5, 1e-4)) << mode << ", sequence " << b;
    }
  }
}

TEST(SpanLayer, RefusesAModeItDoesNotKnow) {
  RandomWeights w;
  w.linear("x", 1, 1);
  try {
    make_span_layer(w.scope(), "markerV9", kHidden, kWidth);
    FAIL();
  } catch (const ModelError& error) {
    EXPECT_NE(std::string(error.what()).find("span mode 'markerV9'"), std::string::npos);
  }
}

}  // namespace
}  // namespace gliner
