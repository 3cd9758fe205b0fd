#include "encoders/gpt2.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "../heads/random_weights.h"
#include "gliner/error.h"

namespace gliner {
namespace {

constexpr std::int64_t kHidden = 12;
constexpr std::int64_t kInner = 20;
constexpr double kTolerance = 2e-5;

EncoderConfig small_config() {
  EncoderConfig config;
  config.model_type = "gpt2";
  config.hidden_size = kHidden;
  config.num_hidden_layers = 3;
  config.num_attention_heads = 3;
  config.intermediate_size = kInner;
  config.max_position_embeddings = 60;
  config.layer_norm_eps = 1e-5;
  config.hidden_act = Activation::kGeluTanh;
  return config;
}

void add_weights(testing::RandomWeights& w, const EncoderConfig& config) {
  w.add("wte.weight", {17, kHidden}, 1.0);
  w.add("wpe.weight", {config.max_position_embeddings, kHidden}, 1.0);
  const auto norm = [&](const std::string& name) {
    w.add(name + ".weight", {kHidden});
    w.add(name + ".bias", {kHidden});
  };
  const auto transposed = [&](const std::string& name, std::int64_t in, std::int64_t out) {
    w.add(name + ".weight", {in, out});
    w.add(name + ".bias", {out});
  };
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) {
    const std::string name = "h." + std::to_string(i) + ".";
    norm(name + "ln_1");
    norm(name + "ln_2");
    transposed(name + "attn.c_attn", kHidden, 3 * kHidden);
    transposed(name + "attn.c_proj", kHidden, kHidden);
    transposed(name + "mlp.c_fc", kHidden, kInner);
    transposed(name + "mlp.c_proj", kInner, kHidden);
  }
  norm("ln_f");
}

// One sequence as the architecture is written down.
at::Tensor by_definition(const testing::RandomWeights& w, const EncoderConfig& config, const at::Tensor& x) {
  const std::int64_t length = x.size(0), head_size = kHidden / config.num_attention_heads;
  const auto norm = [&](const std::string& name, const at::Tensor& y) {
    return at::layer_norm(y, {kHidden}, w[name + ".weight"], w[name + ".bias"], config.layer_norm_eps);
  };
  const auto apply = [&](const std::string& name, const at::Tensor& y) {
    return at::addmm(w[name + ".bias"], y, w[name + ".weight"]);
  };
  const at::Tensor hidden = at::triu(at::ones({length, length}), 1).to(at::kBool);
  at::Tensor y = x + w["wpe.weight"].narrow(0, 0, length);
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) {
    const std::string name = "h." + std::to_string(i) + ".";
    const at::Tensor qkv = apply(name + "attn.c_attn", norm(name + "ln_1", y));
    std::vector<at::Tensor> heads;
    for (std::int64_t h = 0; h < config.num_attention_heads; ++h) {
      const auto part = [&](std::int64_t which) {
        return qkv.narrow(1, which * kHidden + h * head_size, head_size);
      };
      at::Tensor scores = at::mm(part(0), part(1).t());
      if (config.scale_attention) scores = scores / std::sqrt(static_cast<double>(head_size));
      if (config.scale_by_layer) scores = scores / static_cast<double>(i + 1);
      heads.push_back(at::mm(at::softmax(scores.masked_fill(hidden, -INFINITY), 1), part(2)));
    }
    y = y + apply(name + "attn.c_proj", at::cat(heads, 1));
    const at::Tensor inner = at::gelu(apply(name + "mlp.c_fc", norm(name + "ln_2", y)), "tanh");
    y = y + apply(name + "mlp.c_proj", inner);
  }
  return norm("ln_f", y);
}

TEST(Gpt2, ReadsEverySequenceFromLeftToRight) {
  const c10::InferenceMode guard;
  at::manual_seed(1);
  for (const auto& [scale, by_layer] : {std::pair{true, false}, {false, false}, {true, true}}) {
    EncoderConfig config = small_config();
    config.scale_attention = scale;
    config.scale_by_layer = by_layer;
    testing::RandomWeights w;
    add_weights(w, config);
    const Gpt2 gpt(w.scope(), config, 0);
    EXPECT_NO_THROW(w.store().check_all_used());
    const SequenceStart start = {0, 5, 5, 6, 40};
    const at::Tensor x = at::randn({start.back(), kHidden});
    const at::Tensor found = gpt.forward(x, start, {});
    for (std::size_t b = 0; b + 1 < start.size(); ++b) {
      const std::int64_t length = start[b + 1] - start[b];
      EXPECT_LT(testing::difference(found.narrow(0, start[b], length),
                                    by_definition(w, config, x.narrow(0, start[b], length))),
                kTolerance)
          << b;
    }
  }
}

TEST(Gpt2, GoesOnWhereItsCachesEnd) {
  const c10::InferenceMode guard;
  at::manual_seed(2);
  const EncoderConfig config = small_config();
  testing::RandomWeights w;
  add_weights(w, config);
  const Gpt2 gpt(w.scope(), config, 0);
  const at::Tensor a = at::randn({50, kHidden}), b = at::randn({9, kHidden});
  const at::Tensor expected_a = by_definition(w, config, a), expected_b = by_definition(w, config, b);

  // Both sequences side by side in pieces of uneven length, some of them empty or a single token.
  KvCache cache_a, cache_b;
  std::int64_t done_a = 0, done_b = 0;
  for (const auto& [more_a, more_b] : {std::pair{1, 4}, {3, 0}, {40, 1}, {1, 1}, {5, 3}}) {
    const at::Tensor x = at::cat({a.narrow(0, done_a, more_a), b.narrow(0, done_b, more_b)});
    const at::Tensor found = gpt.forward(x, {0, more_a, more_a + more_b}, {&cache_a, &cache_b});
    EXPECT_LT(testing::difference(found.narrow(0, 0, more_a), expected_a.narrow(0, done_a, more_a)),
              kTolerance);
    EXPECT_LT(testing::difference(found.narrow(0, more_a, more_b), expected_b.narrow(0, done_b, more_b)),
              kTolerance);
    done_a += more_a;
    done_b += more_b;
    EXPECT_EQ(cache_a.length(), done_a);
    EXPECT_EQ(cache_b.length(), done_b);
  }
}

TEST(KvCache, ACopyGoesItsOwnWayAndACroppedOneForgets) {
  const c10::InferenceMode guard;
  at::manual_seed(3);
  const EncoderConfig config = small_config();
  testing::RandomWeights w;
  add_weights(w, config);
  const Gpt2 gpt(w.scope(), config, 0);
  const at::Tensor shared = at::randn({4, kHidden}), one = at::randn({1, kHidden}),
                   two = at::randn({1, kHidden});
  KvCache first;
  gpt.forward(shared, {0, 4}, {&first});
  KvCache second = first;
  const auto last_of = [&](const at::Tensor& next) {
    return by_definition(w, config, at::cat({shared, next}))[4];
  };
  EXPECT_LT(testing::difference(gpt.forward(one, {0, 1}, {&first})[0], last_of(one)), kTolerance);
  EXPECT_LT(testing::difference(gpt.forward(two, {0, 1}, {&second})[0], last_of(two)), kTolerance);
  first.crop(4);
  EXPECT_EQ(first.length(), 4);
  EXPECT_LT(testing::difference(gpt.forward(two, {0, 1}, {&first})[0], last_of(two)), kTolerance);
  EXPECT_THROW(first.crop(6), InternalError);
}

TEST(Gpt2, RefusesMoreTokensThanItHasPositionsFor) {
  const c10::InferenceMode guard;
  const EncoderConfig config = small_config();
  testing::RandomWeights w;
  add_weights(w, config);
  const Gpt2 gpt(w.scope(), config, 0);
  EXPECT_EQ(gpt.max_sequence_tokens(), 60);
  EXPECT_NO_THROW(gpt.forward(at::zeros({60, kHidden}), {0, 60}, {}));
  EXPECT_THROW(gpt.forward(at::zeros({61, kHidden}), {0, 61}, {}), InternalError);
}

}  // namespace
}  // namespace gliner
