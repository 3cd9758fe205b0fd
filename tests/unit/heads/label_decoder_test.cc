#include "heads/label_decoder.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "base/json.h"
#include "base/mapped_file.h"
#include "gliner/error.h"
#include "heads/beam_search.h"
#include "random_weights.h"

namespace gliner {
namespace {

using Label = std::vector<std::int32_t>;

// A small random model and the labels that transformers generates with it:
// tests/data/decoders/make_decoders.py.
class LabelDecoderTest : public ::testing::TestWithParam<std::string> {
 protected:
  LabelDecoderTest()
      : folder_(GLINER_TEST_DATA "/decoders/" + GetParam()),
        store_(std::make_shared<const WeightFile>(WeightFile::open(folder_ + "/model.safetensors")),
               at::kCPU),
        decoder_(WeightScope(store_), parse_encoder_config(text("/config.json"), "config.json"), 0),
        inputs_(std::make_shared<const WeightFile>(WeightFile::open(folder_ + "/prefixes.safetensors")),
                at::kCPU),
        recorded_(parse_json_file(text("/labels.json"), "labels.json")) {
    const WeightScope inputs(inputs_);
    given_.vectors = inputs.float32("prefixes", {kAnySize, 12}, "test");
    logits_ = inputs.float32("logits", {kAnySize, 23}, "test");
    const TensorView& start = inputs_.file().tensors().at("start");
    for (std::int64_t i = 0; i < start.elements(); ++i)
      given_.start.push_back(reinterpret_cast<const std::int32_t*>(start.data)[i]);
  }

  std::string text(const std::string& name) const { return std::string(MappedFile(folder_ + name).text()); }

  GenerationOptions greedy() const {
    GenerationOptions options;
    options.sample = false;
    options.max_new_tokens = 12;
    options.end_token = recorded_["end_token"].get<std::int32_t>();
    return options;
  }

  const c10::InferenceMode guard_;
  std::string folder_;
  WeightStore store_;
  LabelDecoder decoder_;
  WeightStore inputs_;
  Json recorded_;
  LabelPrefixes given_;
  at::Tensor logits_;
};

INSTANTIATE_TEST_SUITE_P(Models, LabelDecoderTest,
                         ::testing::Values("tied", "untied", "llama", "qwen2", "qwen3"),
                         [](const auto& name) { return name.param; });

TEST_P(LabelDecoderTest, GivesTheReferencesLogitsForTheFirstToken) {
  EXPECT_NO_THROW(store_.check_all_used());
  EXPECT_LT(testing::difference(decoder_.first_logits(given_), logits_), 2e-5);
}

TEST_P(LabelDecoderTest, GeneratesTheReferencesLabelsAlsoSideBySide) {
  LabelTrie trie;
  for (const Json& label : recorded_["constraints"]) trie.add(label.get<Label>());
  for (const Json& recorded : recorded_["cases"]) {
    GenerationOptions options = greedy();
    options.sequences = recorded["sequences"].get<std::int64_t>();
    options.max_new_tokens = recorded["max_new_tokens"].get<std::int64_t>();
    options.labels = recorded["constrained"].get<bool>() ? &trie : nullptr;
    const auto expected = recorded["labels"].get<std::vector<Label>>();
    EXPECT_EQ(decoder_.generate(given_, options), expected)
        << options.sequences << " sequences of " << options.max_new_tokens << " tokens";
  }
}

TEST_P(LabelDecoderTest, ZerosInFrontAreReadOnceAsIfTheyWereRowsOfEachPrefix) {
  LabelPrefixes padded{{}, {0}, {}};
  LabelPrefixes counted = given_;
  std::vector<at::Tensor> rows;
  for (std::size_t b = 0; b < given_.size(); ++b) {
    counted.zeros.push_back(static_cast<std::int64_t>((5 * b + 3) % 8));  // Also none, and not in order.
    rows.push_back(at::zeros({counted.zeros[b], given_.vectors.size(1)}));
    rows.push_back(given_.vectors.narrow(0, given_.start[b], given_.length(b)));
    padded.start.push_back(padded.start.back() + counted.length(b));
  }
  padded.vectors = at::cat(rows);
  EXPECT_LT(testing::difference(decoder_.first_logits(counted), decoder_.first_logits(padded)), 2e-5);
  for (const std::int64_t sequences : {1, 3}) {
    GenerationOptions options = greedy();
    options.sequences = sequences;
    EXPECT_EQ(decoder_.generate(counted, options), decoder_.generate(padded, options)) << sequences;
  }
}

TEST_P(LabelDecoderTest, SamplingNearZeroTakesTheBestTokenAndASeedGivesTheSameLabels) {
  GenerationOptions sampling = greedy();
  sampling.sample = true;
  sampling.temperature = 1e-4;
  EXPECT_EQ(decoder_.generate(given_, sampling), decoder_.generate(given_, greedy()));

  sampling.temperature = 1.0;
  std::map<std::vector<Label>, int> outcomes;
  for (std::uint64_t seed = 0; seed < 8; ++seed) {
    sampling.seed = seed;
    const std::vector<Label> labels = decoder_.generate(given_, sampling);
    EXPECT_EQ(labels, decoder_.generate(given_, sampling)) << seed;
    ++outcomes[labels];
  }
  EXPECT_GT(outcomes.size(), 1u);
  // A prefix's labels do not depend on those beside it.
  const std::vector<Label> together = decoder_.generate(given_, sampling);
  EXPECT_EQ(
      decoder_.generate({given_.vectors.narrow(0, 0, given_.start[1]), {0, given_.start[1]}, {}}, sampling)
          .front(),
      together.front());
}

TEST_P(LabelDecoderTest, SampledBeamsGiveAsManyLabelsAsAskedFor) {
  GenerationOptions sampling = greedy();
  sampling.sample = true;
  sampling.temperature = 0.7;
  sampling.sequences = 3;
  const std::vector<Label> labels = decoder_.generate(given_, sampling);
  ASSERT_EQ(labels.size(), 12u);
  EXPECT_EQ(labels, decoder_.generate(given_, sampling));
  for (const Label& label : labels) {
    EXPECT_LE(label.size(), 12u);
    for (const std::int32_t token : label) EXPECT_NE(token, sampling.end_token);
  }
}

// More than are generated side by side: groups must neither mix up labels nor draw the same random numbers.
TEST_P(LabelDecoderTest, ThousandsOfPrefixesGiveWhatAFewGive) {
  constexpr std::int64_t kCopies = 400;
  LabelPrefixes copies{given_.vectors.repeat({kCopies, 1}), {0}, {}};
  SequenceStart& start = copies.start;
  for (std::int64_t copy = 0; copy < kCopies; ++copy)
    for (std::size_t b = 0; b < given_.size(); ++b) start.push_back(start.back() + given_.length(b));
  for (const std::int64_t sequences : {1, 2}) {
    GenerationOptions options = greedy();
    options.sequences = sequences;
    const std::vector<Label> few = decoder_.generate(given_, options);
    const std::vector<Label> many = decoder_.generate(copies, options);
    ASSERT_EQ(many.size(), static_cast<std::size_t>(kCopies) * few.size());
    for (std::size_t i = 0; i < many.size(); ++i) ASSERT_EQ(many[i], few[i % few.size()]) << i;
  }
}

TEST_P(LabelDecoderTest, EqualPrefixesDrawTheirOwnRandomNumbersHoweverManyThereAre) {
  constexpr std::int64_t kPrefixes = 1000;
  GenerationOptions sampling = greedy();
  sampling.sample = true;
  sampling.temperature = 20.0;  // Nearly any token as often as another.
  LabelPrefixes equal{given_.vectors.narrow(0, 0, given_.start[1]).repeat({kPrefixes, 1}), {0}, {}};
  for (std::int64_t i = 0; i < kPrefixes; ++i) equal.start.push_back(equal.start.back() + given_.start[1]);
  std::map<Label, int> drawn;
  for (const Label& label : decoder_.generate(equal, sampling))
    if (label.size() == 12) ++drawn[label];
  EXPECT_GT(drawn.size(), 100u);
  for (const auto& [label, times] : drawn) EXPECT_EQ(times, 1) << "twelve of 23 tokens drawn alike";
}

TEST_P(LabelDecoderTest, RefusesOptionsOutOfRange) {
  const auto refuses = [&](auto change) {
    GenerationOptions options = greedy();
    change(options);
    EXPECT_THROW(decoder_.generate(given_, options), InputError);
  };
  refuses([](GenerationOptions& o) { o.max_new_tokens = 0; });
  refuses([](GenerationOptions& o) { o.sequences = 0; });
  refuses([](GenerationOptions& o) { o.sample = true, o.temperature = 0; });
  refuses([](GenerationOptions& o) { o.max_new_tokens = 33; });  // 9 + 33 - 1 > 40 positions
  GenerationOptions most = greedy();
  most.max_new_tokens = 32;
  EXPECT_NO_THROW(decoder_.generate(given_, most));
  EXPECT_TRUE(decoder_.generate({at::empty({0, 12}), {0}, {}}, greedy()).empty());
}

TEST(LabelTrie, KnowsWhatMayFollow) {
  LabelTrie trie;
  trie.add({4, 5, 1});
  trie.add({4, 7, 1});
  trie.add({4, 5, 6, 1});
  trie.add({});
  EXPECT_EQ(trie.next({}), Label({4}));
  EXPECT_EQ(trie.next({4}), Label({5, 7}));
  EXPECT_EQ(trie.next({4, 5}), Label({1, 6}));
  EXPECT_TRUE(trie.next({4, 5, 1}).empty());
  EXPECT_TRUE(trie.next({9}).empty());
}

TEST(TokenChoice, DrawsInProportionAndWithoutReplacement) {
  GenerationOptions options;
  options.temperature = 1.0;
  TokenChoice choice(options, 0);
  const std::vector<float> scores = {std::log(0.5F), std::log(0.2F), std::log(0.3F)};
  std::vector<int> first(3), second_after_first(3);
  constexpr int kDraws = 20000;
  for (int i = 0; i < kDraws; ++i) {
    const std::vector<std::size_t> drawn = choice.choose(scores, 2);
    ASSERT_NE(drawn[0], drawn[1]);
    ++first[drawn[0]];
    if (drawn[0] == 0) ++second_after_first[drawn[1]];
  }
  EXPECT_NEAR(first[0], 0.5 * kDraws, 0.02 * kDraws);
  EXPECT_NEAR(first[1], 0.2 * kDraws, 0.02 * kDraws);
  EXPECT_NEAR(second_after_first[2], first[0] * 0.6, 0.03 * kDraws) << "of what is left, 0.3 / 0.5";
}

TEST(TokenChoice, KeepsTheBestTokensOnly) {
  GenerationOptions options;
  options.temperature = 0.5;
  options.top_tokens = 2;
  std::vector<float> scores = {1, 3, 2, 0};
  TokenChoice(options, 0).process(scores, {});
  EXPECT_FLOAT_EQ(scores[1], 6);
  EXPECT_FLOAT_EQ(scores[2], 4);
  EXPECT_TRUE(std::isinf(scores[0]) && std::isinf(scores[3]));
}

TEST(LabelPrefixes, StandBehindZerosOfTheBatchsLength) {
  const c10::InferenceMode guard;
  const at::Tensor vectors = at::arange(4, at::kFloat).view({2, 2}) + 100;
  const at::Tensor tokens = at::arange(8, at::kFloat).view({4, 2}) + 1;
  const LabelPrefixes prefixes = label_prefixes(vectors, tokens, {{1, 1, 3}, {0, 2, 2}}, 4);
  EXPECT_TRUE(at::equal(prefixes.vectors, at::stack({vectors[1], tokens[1], tokens[2], vectors[0]})));
  EXPECT_EQ(prefixes.start, SequenceStart({0, 3, 4}));
  EXPECT_EQ(prefixes.zeros, std::vector<std::int64_t>({1, 3}));
  EXPECT_TRUE(prefixes.length(0) == 4 && prefixes.length(1) == 4);
  EXPECT_THROW(label_prefixes(vectors, tokens, {{0, 0, 4}}, 4), InternalError);
}

}  // namespace
}  // namespace gliner
