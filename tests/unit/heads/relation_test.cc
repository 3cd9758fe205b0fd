#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include "gliner/error.h"
#include "heads/entity_adjacency.h"
#include "heads/relation_scorer.h"
#include "random_weights.h"

namespace gliner {
namespace {

using testing::RandomWeights;

constexpr std::int64_t kHidden = 16;
constexpr double kTolerance = 2e-5;

at::Tensor products(const at::Tensor& x) { return at::sigmoid(at::mm(x, x.t())); }

// torch.nn.MultiheadAttention with eight heads, as it is written down.
struct Attention {
  at::Tensor context, weights;
};
Attention attention(const RandomWeights& w, const at::Tensor& x) {
  const at::Tensor qkv = at::linear(x, w["attn.in_proj_weight"], w["attn.in_proj_bias"]);
  std::vector<at::Tensor> contexts, weights;
  for (std::int64_t h = 0; h < 8; ++h) {
    const auto part = [&](std::int64_t which) { return qkv.narrow(1, which * kHidden + h * 2, 2); };
    weights.push_back(at::softmax(at::mm(part(0), part(1).t()) / std::sqrt(2.0), 1));
    contexts.push_back(at::mm(weights.back(), part(2)));
  }
  return {w.apply("attn.out_proj", at::cat(contexts, 1)), at::stack(weights).mean(0)};
}

at::Tensor adjacency_by_definition(const RandomWeights& w, const std::string& mode, const at::Tensor& x) {
  const std::int64_t count = x.size(0);
  if (mode == "dot") return products(x);
  if (mode == "bilinear") return products(w.apply("proj", x));
  if (mode == "attention") return attention(w, x).weights;
  if (mode == "gat") return products(w.apply("linear", attention(w, x).context));
  if (mode == "mlp") {
    at::Tensor adjacency = at::empty({count, count});
    for (std::int64_t i = 0; i < count; ++i)
      for (std::int64_t j = 0; j < count; ++j)
        adjacency[i][j] = at::sigmoid(w.apply("mlp.2", at::relu(w.apply("mlp.0", at::cat({x[i], x[j]})))))[0];
    return adjacency;
  }
  const at::Tensor edges = products(x) + at::eye(count);
  const at::Tensor factor = at::diag(edges.sum(1).pow(-0.5));
  const at::Tensor nodes = at::relu(w.apply("gcn.linear", at::mm(at::mm(at::mm(factor, edges), factor), x)));
  return products(w.apply("proj", nodes));
}

class EntityAdjacencyTest : public ::testing::TestWithParam<std::string> {};
INSTANTIATE_TEST_SUITE_P(Modes, EntityAdjacencyTest,
                         ::testing::Values("dot", "mlp", "attention", "bilinear", "gcn", "gat"),
                         [](const auto& mode) { return mode.param; });

TEST_P(EntityAdjacencyTest, EqualsItsDefinition) {
  const c10::InferenceMode guard;
  at::manual_seed(1);
  const std::string& mode = GetParam();
  RandomWeights w;
  if (mode == "mlp") {
    w.linear("mlp.0", 2 * kHidden, kHidden);
    w.linear("mlp.2", kHidden, 1);
  }
  if (mode == "bilinear" || mode == "gcn") w.linear("proj", kHidden, kHidden);
  if (mode == "gcn") w.linear("gcn.linear", kHidden, kHidden);
  if (mode == "gat") w.linear("linear", kHidden, kHidden);
  if (mode == "attention" || mode == "gat") {
    w.add("attn.in_proj_weight", {3 * kHidden, kHidden});
    w.add("attn.in_proj_bias", {3 * kHidden});
    w.linear("attn.out_proj", kHidden, kHidden);
  }
  if (mode == "dot") w.linear("proj", 1, 1);  // A file without tensors would be no file.
  const auto layer = make_entity_adjacency(w.scope(), mode, kHidden);
  if (mode != "dot") {
    EXPECT_NO_THROW(w.store().check_all_used());
  }
  for (const std::int64_t count : {0, 1, 2, 9}) {
    const at::Tensor x = at::randn({count, kHidden}) * 0.5;
    const at::Tensor found = layer->forward(x);
    ASSERT_EQ(found.sizes(), at::IntArrayRef({count, count}));
    if (count > 0) {
      EXPECT_LT(testing::difference(found, adjacency_by_definition(w, mode, x)), kTolerance) << count;
    }
  }
}

TEST(EntityAdjacency, RefusesWhatItCannotBuild) {
  RandomWeights w;
  w.linear("x", 1, 1);
  EXPECT_THROW(make_entity_adjacency(w.scope(), "none", kHidden), ModelError);
  EXPECT_THROW(make_entity_adjacency(w.scope(), "gat", 12), ModelError) << "12 is no multiple of 8 heads";
}

// One triple's score as the reference writes it down.
using Triple = std::function<at::Tensor(const RandomWeights&, const at::Tensor& h, const at::Tensor& r,
                                        const at::Tensor& t)>;
struct Interaction {
  std::string name;
  std::int64_t hidden;
  std::function<void(RandomWeights&)> add;
  Triple score;
};

at::Tensor norm_score(const at::Tensor& x, int order) { return -at::norm(x, order).clamp_max(10.0); }
std::vector<at::Tensor> parts(const at::Tensor& x, std::int64_t count) { return x.chunk(count); }

at::Tensor complex_score(const RandomWeights&, const at::Tensor& h, const at::Tensor& r,
                         const at::Tensor& t) {
  const auto a = parts(h, 2), b = parts(r, 2), c = parts(t, 2);
  return (a[0] * b[0] * c[0] + a[0] * b[1] * c[1] + a[1] * b[0] * c[1] - a[1] * b[1] * c[0]).sum();
}
at::Tensor simple_score(const RandomWeights&, const at::Tensor& h, const at::Tensor& r, const at::Tensor& t) {
  const auto a = parts(h, 2), b = parts(r, 2), c = parts(t, 2);
  return ((a[0] * b[0] * c[1]).sum() + (c[0] * b[1] * a[1]).sum()) * 0.5;
}
at::Tensor quaternion_score(const RandomWeights&, const at::Tensor& h, const at::Tensor& r,
                            const at::Tensor& t) {
  const auto a = parts(h, 4), b = parts(r, 4), c = parts(t, 4);
  return ((a[0] * b[0] - a[1] * b[1] - a[2] * b[2] - a[3] * b[3]) * c[0] +
          (a[0] * b[1] + a[1] * b[0] + a[2] * b[3] - a[3] * b[2]) * c[1] +
          (a[0] * b[2] - a[1] * b[3] + a[2] * b[0] + a[3] * b[1]) * c[2] +
          (a[0] * b[3] + a[1] * b[2] - a[2] * b[1] + a[3] * b[0]) * c[3])
      .sum();
}
at::Tensor hole_score(const RandomWeights&, const at::Tensor& h, const at::Tensor& r, const at::Tensor& t) {
  const std::int64_t size = h.size(0);
  at::Tensor score = at::zeros({});
  for (std::int64_t k = 0; k < size; ++k) score += (h * t.roll(-k)).sum() * r[k];
  return score;
}
at::Tensor plane_score(const RandomWeights& w, const at::Tensor& h, const at::Tensor& r,
                       const at::Tensor& t) {
  at::Tensor normal = w.apply("r_to_w", r);
  normal = normal / at::norm(normal).clamp_min(1e-12);
  const auto project = [&](const at::Tensor& x) { return x - (x * normal).sum() * normal; };
  return norm_score(project(h) + w.apply("r_to_rtr", r) - project(t), 2);
}
at::Tensor filter_score(const RandomWeights& w, const at::Tensor& h, const at::Tensor& r,
                        const at::Tensor& t) {
  const at::Tensor features =
      at::relu(at::conv1d(at::stack({h, r, t}).unsqueeze(0), w["conv.weight"], w["conv.bias"]));
  return w.apply("fc", features.view({-1}))[0];
}

std::vector<Interaction> interactions() {
  const auto none = [](RandomWeights& w) { w.linear("x", 1, 1); };
  const auto projections = [](const std::vector<std::string>& names) {
    return [names](RandomWeights& w) {
      for (const std::string& name : names) w.linear(name, 768, name == "r_to_gamma" ? 1 : 768);
    };
  };
  using W = const RandomWeights&;
  using T = const at::Tensor&;
  return {
      {"UM", kHidden, none, [](W, T h, T, T t) { return norm_score(h - t, 2); }},
      {"SE", kHidden, none, [](W, T h, T r, T t) { return norm_score(r * h - r * t, 2); }},
      {"TransE", kHidden, none, [](W, T h, T r, T t) { return norm_score(h + r - t, 1); }},
      {"DistMult", kHidden, none, [](W, T h, T r, T t) { return (h * r * t).sum(); }},
      {"DistMA", kHidden, none,
       [](W, T h, T r, T t) { return (h * r).sum() + (h * t).sum() + (r * t).sum(); }},
      {"SimplE", kHidden, none, simple_score},
      {"ComplEx", kHidden, none, complex_score},
      {"QuatE", kHidden, none, quaternion_score},
      {"HolE", kHidden, none, hole_score},
      {"TransH", 768, projections({"r_to_rtr", "r_to_w"}), plane_score},
      {"TransF", 768, projections({"r_to_rvec", "r_to_alpha", "r_to_beta"}),
       [](W w, T h, T r, T t) {
         return norm_score(
             w.apply("r_to_alpha", r) * h + w.apply("r_to_rvec", r) - w.apply("r_to_beta", r) * t, 2);
       }},
      {"PairRE", 768, projections({"r_to_alpha", "r_to_beta"}),
       [](W w, T h, T r, T t) {
         return norm_score(w.apply("r_to_alpha", r) * h - w.apply("r_to_beta", r) * t, 2);
       }},
      {"TripleRE", 768, projections({"r_to_alpha", "r_to_beta", "r_to_delta", "r_to_gamma"}),
       [](W w, T h, T r, T t) {
         return w.apply("r_to_gamma", r)[0] *
                norm_score(
                    w.apply("r_to_alpha", r) * h + w.apply("r_to_delta", r) - w.apply("r_to_beta", r) * t, 2);
       }},
      {"ERMLP", 768,
       [](RandomWeights& w) {
         w.linear("mlp.0", 3 * 768, 2048);
         w.linear("mlp.2", 2048, 1);
       },
       [](W w, T h, T r, T t) {
         return w.apply("mlp.2", at::relu(w.apply("mlp.0", at::cat({h, r, t}))))[0];
       }},
      {"ConvKB", 768,
       [](RandomWeights& w) {
         w.add("conv.weight", {32, 3, 1});
         w.add("conv.bias", {32});
         w.linear("fc", 32 * 768, 1);
       },
       filter_score},
  };
}

class TripleScorerTest : public ::testing::TestWithParam<Interaction> {};
INSTANTIATE_TEST_SUITE_P(Interactions, TripleScorerTest, ::testing::ValuesIn(interactions()),
                         [](const auto& interaction) { return interaction.param.name; });

// The scope of a scorer's weights as the checkpoint has it.
class Prefixed {
 public:
  explicit Prefixed(RandomWeights& inner, const std::string& prefix) {
    for (const auto& [name, tensor] : inner.all()) entries_[prefix + name] = testing::entry_of(tensor);
    const std::string path = folder_.write("model.safetensors", testing::checkpoint_bytes(entries_));
    store_ =
        std::make_unique<WeightStore>(std::make_shared<const WeightFile>(WeightFile::open(path)), at::kCPU);
  }
  WeightStore& store() { return *store_; }

 private:
  testing::TempFolder folder_;
  testing::Entries entries_;
  std::unique_ptr<WeightStore> store_;
};

TEST_P(TripleScorerTest, ScoresEveryPairAndRelationByItsDefinition) {
  const c10::InferenceMode guard;
  at::manual_seed(2);
  const Interaction& interaction = GetParam();
  RandomWeights w;
  interaction.add(w);
  Prefixed file(w, "triples_score_layer.interaction.");
  const auto scorer = make_relation_scorer(WeightScope(file.store()), interaction.name, interaction.hidden);
  if (interaction.hidden == 768) {
    EXPECT_NO_THROW(file.store().check_all_used());
  }

  const double scale = 1.0 / std::sqrt(static_cast<double>(interaction.hidden));
  const at::Tensor entities = at::randn({4, interaction.hidden}) * scale;
  const at::Tensor relations = at::randn({3, interaction.hidden}) * scale;
  const std::vector<EntityPair> pairs = {{0, 1}, {1, 0}, {3, 2}, {2, 2}};
  const at::Tensor found = scorer->logits(entities, pairs, relations);
  ASSERT_EQ(found.sizes(), at::IntArrayRef({4, 3}));
  for (std::size_t p = 0; p < pairs.size(); ++p)
    for (std::int64_t r = 0; r < 3; ++r) {
      const double expected =
          interaction.score(w, entities[pairs[p].head], relations[r], entities[pairs[p].tail]).item<double>();
      EXPECT_NEAR(found[static_cast<std::int64_t>(p)][r].item<double>(), expected,
                  kTolerance * std::max(1.0, std::abs(expected)))
          << p << ", " << r;
    }
}

TEST(PairProjection, ScoresMorePairsThanItTakesAtOnce) {
  const c10::InferenceMode guard;
  at::manual_seed(3);
  RandomWeights w;
  w.linear("pair_rep_layer.0", 2 * kHidden, 4 * kHidden);
  w.linear("pair_rep_layer.3", 4 * kHidden, kHidden);
  const auto scorer = make_relation_scorer(w.scope(), "", kHidden);
  EXPECT_NO_THROW(w.store().check_all_used());
  const std::int64_t count = 30;
  const at::Tensor entities = at::randn({count, kHidden}), relations = at::randn({5, kHidden});
  std::vector<EntityPair> pairs;
  std::vector<at::Tensor> joined;
  for (std::int64_t i = 0; i < count; ++i)
    for (std::int64_t j = 0; j < count; ++j) {
      pairs.push_back({i, j});
      joined.push_back(at::cat({entities[i], entities[j]}));
    }
  const at::Tensor expected =
      w.apply("pair_rep_layer.3", at::relu(w.apply("pair_rep_layer.0", at::stack(joined))));
  EXPECT_LT(testing::difference(scorer->vectors(entities, pairs), expected), kTolerance);
  EXPECT_LT(testing::difference(scorer->logits(entities, pairs, relations), at::linear(expected, relations)),
            kTolerance);
}

TEST(RelationScorer, GivesNothingForNoPairsOrNoRelations) {
  const c10::InferenceMode guard;
  RandomWeights w;
  w.linear("x", 1, 1);
  const auto scorer = make_relation_scorer(w.scope(), "TransE", kHidden);
  const at::Tensor entities = at::randn({2, kHidden});
  EXPECT_EQ(scorer->logits(entities, {}, at::randn({3, kHidden})).sizes(), at::IntArrayRef({0, 3}));
  EXPECT_EQ(scorer->logits(entities, {{0, 1}}, at::empty({0, kHidden})).sizes(), at::IntArrayRef({1, 0}));
  EXPECT_EQ(scorer->vectors(entities, {}).sizes(), at::IntArrayRef({0, kHidden}));
  EXPECT_FALSE(scorer->vectors(entities, {{0, 1}}).defined());
}

TEST(RelationScorer, RefusesWhatItCannotBuild) {
  RandomWeights w;
  w.linear("x", 1, 1);
  const auto message_of = [&](const std::string& name, std::int64_t hidden) {
    return testing::error_of<ModelError>([&] { make_relation_scorer(w.scope(), name, hidden); });
  };
  EXPECT_NE(message_of("ConvE", 768).find("triples_layer 'ConvE'"), std::string::npos);
  EXPECT_NE(message_of("ComplEx", 15).find("to be even, found 15"), std::string::npos);
  EXPECT_NE(message_of("QuatE", 18).find("multiple of 4, found 18"), std::string::npos);
  EXPECT_NE(message_of("TransH", 512).find("hidden_size 768, found 512"), std::string::npos);
}

}  // namespace
}  // namespace gliner
