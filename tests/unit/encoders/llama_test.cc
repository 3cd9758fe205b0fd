// That Llama and its kin compute what transformers computes is shown by the label decoders' tests; here: that
// packing and caches change nothing.
#include "encoders/llama.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "../heads/random_weights.h"

namespace gliner {
namespace {

constexpr double kTolerance = 2e-5;

EncoderConfig small_config() {
  EncoderConfig config;
  config.model_type = "qwen3";
  config.hidden_size = 12;
  config.num_hidden_layers = 3;
  config.num_attention_heads = 4;
  config.key_value_heads = 2;
  config.head_size = 6;
  config.intermediate_size = 20;
  config.max_position_embeddings = 60;
  config.layer_norm_eps = 1e-6;
  config.hidden_act = Activation::kSilu;
  config.normalizes_heads = true;
  return config;
}

class LlamaTest : public ::testing::Test {
 protected:
  LlamaTest() {
    at::manual_seed(4);
    weights_.add("embed_tokens.weight", {17, 12}, 1.0);
    weights_.add("norm.weight", {12});
    for (int i = 0; i < 3; ++i) {
      const std::string name = "layers." + std::to_string(i) + ".";
      for (const char* norm : {"input_layernorm", "post_attention_layernorm"})
        weights_.add(name + norm + ".weight", {12});
      for (const char* norm : {"q_norm", "k_norm"}) weights_.add(name + "self_attn." + norm + ".weight", {6});
      weights_.add(name + "self_attn.q_proj.weight", {24, 12});
      for (const char* part : {"k_proj", "v_proj"})
        weights_.add(name + "self_attn." + part + ".weight", {12, 12});
      weights_.add(name + "self_attn.o_proj.weight", {12, 24});
      for (const char* part : {"gate_proj", "up_proj"})
        weights_.add(name + "mlp." + part + ".weight", {20, 12});
      weights_.add(name + "mlp.down_proj.weight", {12, 20});
    }
  }

  const c10::InferenceMode guard_;
  testing::RandomWeights weights_;
};

TEST_F(LlamaTest, ASequenceDoesNotSeeItsNeighbours) {
  const Llama llama(weights_.scope(), small_config(), 0);
  EXPECT_NO_THROW(weights_.store().check_all_used());
  EXPECT_EQ(llama.max_sequence_tokens(), 60);
  const SequenceStart start = {0, 5, 5, 6, 40};
  const at::Tensor x = at::randn({start.back(), 12});
  const at::Tensor together = llama.forward(x, start, {});
  for (std::size_t b = 0; b + 1 < start.size(); ++b) {
    const std::int64_t length = start[b + 1] - start[b];
    const at::Tensor alone = llama.forward(x.narrow(0, start[b], length), {0, length}, {});
    EXPECT_LT(testing::difference(together.narrow(0, start[b], length), alone), kTolerance) << b;
  }
}

TEST_F(LlamaTest, GoesOnWhereItsCachesEnd) {
  const Llama llama(weights_.scope(), small_config(), 0);
  const at::Tensor a = at::randn({50, 12}), b = at::randn({9, 12});
  const at::Tensor whole_a = llama.forward(a, {0, 50}, {}), whole_b = llama.forward(b, {0, 9}, {});
  KvCache cache_a, cache_b;
  std::int64_t done_a = 0, done_b = 0;
  for (const auto& [more_a, more_b] : {std::pair{1, 4}, {3, 0}, {40, 1}, {1, 1}, {5, 3}}) {
    const at::Tensor x = at::cat({a.narrow(0, done_a, more_a), b.narrow(0, done_b, more_b)});
    const at::Tensor found = llama.forward(x, {0, more_a, more_a + more_b}, {&cache_a, &cache_b});
    EXPECT_LT(testing::difference(found.narrow(0, 0, more_a), whole_a.narrow(0, done_a, more_a)), kTolerance);
    EXPECT_LT(testing::difference(found.narrow(0, more_a, more_b), whole_b.narrow(0, done_b, more_b)),
              kTolerance);
    done_a += more_a;
    done_b += more_b;
  }
  EXPECT_EQ(cache_a.length(), 50);
}

}  // namespace
}  // namespace gliner
