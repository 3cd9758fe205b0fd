#include "heads/cross_fuser.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <cmath>

#include "gliner/error.h"
#include "heads/label_pooling.h"
#include "random_weights.h"

namespace gliner {
namespace {

constexpr std::int64_t kHidden = 8;
constexpr std::int64_t kHeads = 2;
constexpr double kTolerance = 2e-5;

class Definition {
 public:
  Definition(testing::RandomWeights& w, const std::vector<std::string>& steps, std::int64_t layers)
      : w_(w), steps_(steps), layers_(layers) {
    for (std::int64_t layer = 0; layer < layers; ++layer)
      for (std::size_t i = 0; i < steps.size(); ++i) {
        const bool own = steps[i] == "l2l" || steps[i] == "t2t";
        const std::string name = name_of(layer, i), attention = own ? "self_attn." : "cross_attn.";
        for (const char* norm : {"pre_norm", "post_norm"}) {
          w.add(name + norm + ".weight", {kHidden});
          w.add(name + norm + ".bias", {kHidden});
        }
        if (own) w.linear(name + "q_proj", kHidden, kHidden);
        if (own) w.linear(name + "k_proj", kHidden, kHidden);
        w.linear(name + "v_proj", kHidden, kHidden);
        for (const char* part : {"query_layer", "key_layer", "value_layer"})
          w.linear(name + attention + part, kHidden, kHidden);
      }
  }

  std::pair<at::Tensor, at::Tensor> operator()(at::Tensor labels, at::Tensor words) const {
    for (std::int64_t layer = 0; layer < layers_; ++layer)
      for (std::size_t i = 0; i < steps_.size(); ++i) {
        const std::string name = name_of(layer, i);
        if (steps_[i] == "l2l") labels = own(name, labels);
        if (steps_[i] == "t2t") words = own(name, words);
        if (steps_[i] == "l2t") labels = cross(name, labels, words);
        if (steps_[i] == "t2l") words = cross(name, words, labels);
      }
    return {labels, words};
  }

 private:
  static std::string name_of(std::int64_t layer, std::size_t step) {
    return "layers." + std::to_string(layer) + "." + std::to_string(step) + ".";
  }
  at::Tensor norm(const std::string& name, const at::Tensor& x) const {
    return at::layer_norm(x, {kHidden}, w_[name + ".weight"], w_[name + ".bias"], 1e-5);
  }
  at::Tensor attention(const std::string& name, const at::Tensor& query, const at::Tensor& key,
                       const at::Tensor& value) const {
    const at::Tensor q = w_.apply(name + "query_layer", query), k = w_.apply(name + "key_layer", key),
                     v = w_.apply(name + "value_layer", value);
    std::vector<at::Tensor> heads;
    const std::int64_t size = kHidden / kHeads;
    for (std::int64_t h = 0; h < kHeads; ++h) {
      const auto part = [&](const at::Tensor& x) { return x.narrow(1, h * size, size); };
      heads.push_back(at::mm(
          at::softmax(at::mm(part(q), part(k).t()) / std::sqrt(static_cast<double>(size)), 1), part(v)));
    }
    return at::cat(heads, 1);
  }
  at::Tensor own(const std::string& name, const at::Tensor& x) const {
    const at::Tensor n = norm(name + "pre_norm", x);
    return norm(name + "post_norm",
                n + attention(name + "self_attn.", w_.apply(name + "q_proj", n), w_.apply(name + "k_proj", n),
                              w_.apply(name + "v_proj", n)));
  }
  at::Tensor cross(const std::string& name, const at::Tensor& x, const at::Tensor& seen) const {
    const at::Tensor n = norm(name + "pre_norm", x);
    return norm(name + "post_norm",
                n + attention(name + "cross_attn.", n, seen, w_.apply(name + "v_proj", seen)));
  }

  const testing::RandomWeights& w_;
  std::vector<std::string> steps_;
  std::int64_t layers_;
};

TEST(CrossFuser, RunsTheStepsOfItsSchemaInEveryText) {
  const c10::InferenceMode guard;
  at::manual_seed(1);
  testing::RandomWeights w;
  const Definition definition(w, {"l2l", "l2t", "t2t", "t2l", "x2y"}, 2);
  const CrossFuser fuser(w.scope(), {"l2l", "l2t", "t2t", "t2l", "x2y"}, 2, kHidden, kHeads);
  EXPECT_NO_THROW(w.store().check_all_used());
  const SequenceStart label_start = {0, 3, 4, 9}, word_start = {0, 5, 12, 13};
  const CrossFuser::Sides sides{at::randn({9, kHidden}), at::randn({13, kHidden})};
  const CrossFuser::Sides found = fuser.forward(sides, label_start, word_start);
  for (std::size_t b = 0; b < 3; ++b) {
    const auto part = [b](const at::Tensor& all, const SequenceStart& start) {
      return all.narrow(0, start[b], start[b + 1] - start[b]);
    };
    const auto [labels, words] = definition(part(sides.labels, label_start), part(sides.words, word_start));
    EXPECT_LT(testing::difference(part(found.labels, label_start), labels), kTolerance) << b;
    EXPECT_LT(testing::difference(part(found.words, word_start), words), kTolerance) << b;
  }
}

TEST(CrossFuser, TakesTextsWithoutWordsOrLabels) {
  const c10::InferenceMode guard;
  at::manual_seed(2);
  testing::RandomWeights w;
  const Definition definition(w, {"l2t", "t2l"}, 1);
  const CrossFuser fuser(w.scope(), {"l2t", "t2l"}, 1, kHidden, kHeads);
  const auto found = fuser.forward({at::randn({2, kHidden}), at::randn({3, kHidden})}, {0, 2, 2}, {0, 0, 3});
  EXPECT_TRUE(at::isfinite(found.labels).all().item<bool>());
  EXPECT_TRUE(at::isfinite(found.words).all().item<bool>());
}

TEST(CrossFuser, RefusesHeadsThatDoNotDivideTheWidth) {
  testing::RandomWeights w;
  w.linear("x", 1, 1);
  EXPECT_THROW(CrossFuser(w.scope(), {"l2l"}, 1, kHidden, 3), ModelError);
}

TEST(LabelPooling, TakesTheMeanOfEachSequence) {
  const c10::InferenceMode guard;
  const at::Tensor x = at::arange(10, at::kFloat).view({5, 2});
  EXPECT_TRUE(
      at::equal(mean_of_sequences(x, {0, 2, 2, 5}), at::tensor({1.F, 2.F, 0.F, 0.F, 6.F, 7.F}).view({3, 2})));
}

}  // namespace
}  // namespace gliner
