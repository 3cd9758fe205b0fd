#include "encoders/context_encoder.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "../heads/random_weights.h"
#include "encoders/layers_fuser.h"
#include "gliner/error.h"

namespace gliner {
namespace {

constexpr double kTolerance = 2e-5;

EncoderConfig config_of(const std::string& kind) {
  EncoderConfig config;
  config.model_type = kind;
  config.hidden_size = 12;
  config.num_hidden_layers = 2;
  config.num_attention_heads = 2;
  config.intermediate_size = 18;
  config.relative_attention = true;
  config.max_relative_positions = 16;
  config.c2p = config.p2c = true;
  config.layer_is_global = {true, false};
  config.local_attention = 4;
  return config;
}

void add_weights(testing::RandomWeights& w, const std::string& kind) {
  const auto norm = [&](const std::string& name, bool bias) {
    w.add(name + ".weight", {12});
    if (bias) w.add(name + ".bias", {12});
  };
  for (const std::string layer : {"0", "1"}) {
    if (kind == "deberta-v2") {
      const std::string name = "encoder.layer." + layer + ".";
      for (const char* part : {"query_proj", "key_proj", "value_proj", "pos_key_proj", "pos_query_proj"})
        w.linear(name + "attention.self." + part, 12, 12);
      w.linear(name + "attention.output.dense", 12, 12);
      norm(name + "attention.output.LayerNorm", true);
      w.linear(name + "intermediate.dense", 12, 18);
      w.linear(name + "output.dense", 18, 12);
      norm(name + "output.LayerNorm", true);
    } else if (kind == "modernbert") {
      const std::string name = "encoder.layers." + layer + ".";
      if (layer != "0") norm(name + "attn_norm", false);
      norm(name + "mlp_norm", false);
      w.add(name + "attn.Wqkv.weight", {36, 12});
      w.add(name + "attn.Wo.weight", {12, 12});
      w.add(name + "mlp.Wi.weight", {36, 12});
      w.add(name + "mlp.Wo.weight", {12, 18});
    } else {
      for (const std::string direction : {"", "_reverse"}) {
        w.add("encoder.weight_ih_l" + layer + direction, {24, 12});
        w.add("encoder.weight_hh_l" + layer + direction, {24, 6});
        w.add("encoder.bias_ih_l" + layer + direction, {24});
        w.add("encoder.bias_hh_l" + layer + direction, {24});
      }
    }
  }
  if (kind == "deberta-v2") w.add("encoder.rel_embeddings.weight", {32, 12});
  if (kind == "modernbert") {
    norm("encoder.embeddings.norm", false);
    norm("encoder.final_norm", false);
    w.add("encoder.embeddings.tok_embeddings.weight", {1, 12});
  }
}

class ContextEncoderTest : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Kinds, ContextEncoderTest, ::testing::Values("deberta-v2", "modernbert", "rnn"),
                         [](const auto& kind) { return kind.param.substr(0, 4); });

TEST_P(ContextEncoderTest, SeesEverySequenceAloneAndLeavesItsInputAsItWas) {
  const c10::InferenceMode guard;
  at::manual_seed(1);
  testing::RandomWeights w;
  add_weights(w, GetParam());
  const ContextEncoder encoder(w.scope(), config_of(GetParam()), 12);
  EXPECT_NO_THROW(w.store().check_all_used());
  const SequenceStart start = {0, 7, 7, 10};
  const at::Tensor x = at::randn({10, 12});
  const at::Tensor before = x.clone();
  const at::Tensor found = encoder.forward(x, start);
  EXPECT_TRUE(at::equal(x, before));
  EXPECT_LT(testing::difference(found.narrow(0, 0, 7), encoder.forward(x.narrow(0, 0, 7), {0, 7})),
            kTolerance);
  EXPECT_LT(testing::difference(found.narrow(0, 7, 3), encoder.forward(x.narrow(0, 7, 3), {0, 3})),
            kTolerance);
}

TEST_P(ContextEncoderTest, PaddingIsSeenAsZeroVectors) {
  const c10::InferenceMode guard;
  at::manual_seed(2);
  testing::RandomWeights w;
  add_weights(w, GetParam());
  const ContextEncoder encoder(w.scope(), config_of(GetParam()), 12);
  const SequenceStart start = {0, 7, 7, 10};
  const at::Tensor x = at::randn({10, 12});
  const at::Tensor found = encoder.forward_padded(x, start, 7);
  const at::Tensor padded = at::cat({x.narrow(0, 7, 3), at::zeros({4, 12})});
  EXPECT_LT(testing::difference(found.narrow(0, 7, 3), encoder.forward(padded, {0, 7}).narrow(0, 0, 3)),
            kTolerance);
  EXPECT_LT(testing::difference(found.narrow(0, 0, 7), encoder.forward(x.narrow(0, 0, 7), {0, 7})),
            kTolerance);
  EXPECT_GT(testing::difference(found, encoder.forward(x, start)), 1e-3) << "padding changes the short one";
}

TEST_P(ContextEncoderTest, ProjectsToItsOwnWidthAndBack) {
  const c10::InferenceMode guard;
  at::manual_seed(3);
  testing::RandomWeights w;
  add_weights(w, GetParam());
  const ContextEncoder plain(w.scope(), config_of(GetParam()), 12);
  w.linear("input_projection", 5, 12);
  w.linear("output_projection", 12, 5);
  const ContextEncoder projecting(w.scope(), config_of(GetParam()), 5);
  EXPECT_NO_THROW(w.store().check_all_used());
  const at::Tensor x = at::randn({6, 5});
  const at::Tensor expected =
      w.apply("output_projection", plain.forward(w.apply("input_projection", x), {0, 6}));
  EXPECT_LT(testing::difference(projecting.forward(x, {0, 6}), expected), kTolerance);
}

TEST(LayersFuser, CountsPaddingThatSeesTheTokensAndIsNotSeen) {
  const c10::InferenceMode guard;
  at::manual_seed(5);
  EncoderConfig config = config_of("bert");
  config.type_vocab_size = 1;
  config.max_position_embeddings = 9;
  testing::RandomWeights w;
  for (const auto& [table, rows] : {std::pair{"word", 7}, {"position", 9}, {"token_type", 1}})
    w.add(std::string("embeddings.") + table + "_embeddings.weight", {rows, 12}, 1.0);
  const auto norm = [&](const std::string& name) {
    w.add(name + ".weight", {12});
    w.add(name + ".bias", {12});
  };
  norm("embeddings.LayerNorm");
  for (const std::string name : {"encoder.layer.0.", "encoder.layer.1."}) {
    for (const char* part : {"query", "key", "value"}) w.linear(name + "attention.self." + part, 12, 12);
    w.linear(name + "attention.output.dense", 12, 12);
    norm(name + "attention.output.LayerNorm");
    w.linear(name + "intermediate.dense", 12, 18);
    w.linear(name + "output.dense", 18, 12);
    norm(name + "output.LayerNorm");
  }
  w.linear("fuser.squeeze", 12, 1);
  w.linear("fuser.W1", 2, 1);
  w.linear("fuser.W2", 1, 2);
  // Weights that tell one mean from another, and pass the relu.
  w.set("fuser.squeeze.weight", at::randn({1, 12}) * 5);
  w.set("fuser.W1.bias", at::full({1}, 20.0));
  w.set("fuser.W2.weight", at::tensor({1.F, -1.F}).view({2, 1}));
  w.set("fuser.W2.bias", at::tensor({-20.F, 20.F}));
  w.linear("fuser.output_projection", 12, 12);
  const WeightScope scope = w.scope();
  const auto encoder = make_encoder(scope, config, 0);
  const LayersFuser fuser(scope / "fuser", 2, 12);
  const std::vector<std::int32_t> ids = {1, 2, 3, 4, 5, 6};
  const SequenceStart start = {0, 2, 6};

  // What the tokens see does not change; what is behind them sees them, one place further each.
  std::vector<at::Tensor> plain, padded;
  encoder->forward(std::vector<std::int32_t>{1, 2}, {0, 2},
                   {[&](const at::Tensor& x) { plain.push_back(x.clone()); }});
  ASSERT_TRUE(encoder->forward_padded({1, 2, 0, 0}, {0, 4}, {2},
                                      [&](const at::Tensor& x) { padded.push_back(x.clone()); }));
  ASSERT_EQ(padded.size(), 2u);
  for (std::size_t layer = 0; layer < 2; ++layer)
    EXPECT_LT(testing::difference(padded[layer].narrow(0, 0, 2), plain[layer]), kTolerance);
  EXPECT_GT(testing::difference(padded[1][2], padded[1][3]), 1e-3) << "another position";

  const at::Tensor found = fuser.forward_padded(*encoder, ids, start, 4, /*pad_id=*/0);
  EXPECT_LT(testing::difference(found.narrow(0, 0, 2), fuser.fuse(padded, {0, 4}).narrow(0, 0, 2)),
            kTolerance);
  const at::Tensor alone = fuser.forward(*encoder, ids, start);
  EXPECT_LT(testing::difference(found.narrow(0, 2, 4), alone.narrow(0, 2, 4)), kTolerance) << "not padded";
  EXPECT_GT(testing::difference(found.narrow(0, 0, 2), alone.narrow(0, 0, 2)), 1e-4) << "padded";
}

TEST(ContextEncoder, RefusesAKindItDoesNotKnow) {
  testing::RandomWeights w;
  w.linear("x", 1, 1);
  EXPECT_THROW(ContextEncoder(w.scope(), config_of("bert"), 12), ModelError);
}

TEST(LayersFuser, WeighsEachLayerByTheMeansOfTheSequence) {
  const c10::InferenceMode guard;
  at::manual_seed(4);
  testing::RandomWeights w;
  w.linear("squeeze", 6, 1);
  w.linear("W1", 5, 2);
  w.linear("W2", 2, 5);
  w.linear("output_projection", 6, 6);
  const LayersFuser fuser(w.scope(), 5, 6);
  EXPECT_NO_THROW(w.store().check_all_used());
  const SequenceStart start = {0, 4, 4, 11};
  std::vector<at::Tensor> layers;
  for (int i = 0; i < 5; ++i) layers.push_back(at::randn({11, 6}));
  const at::Tensor found = fuser.fuse(layers, start);
  for (const std::size_t b : {0u, 2u}) {
    const at::Tensor own = at::stack(layers).narrow(1, start[b], start[b + 1] - start[b]);  // [layers, L, H]
    const at::Tensor squeezed = w.apply("squeeze", own).squeeze(-1).mean(1);
    const at::Tensor weights = at::sigmoid(w.apply("W2", at::relu(w.apply("W1", squeezed))));
    const at::Tensor expected = w.apply("output_projection", (own * weights.view({5, 1, 1})).sum(0));
    EXPECT_LT(testing::difference(found.narrow(0, start[b], start[b + 1] - start[b]), expected), kTolerance);
  }
  EXPECT_THROW(LayersFuser(w.scope(), 1, 6), ModelError);
}

}  // namespace
}  // namespace gliner
