// The interactions of gliner/modeling/multitask/triples_layers.py, h and t the entities, r the relation. A
// letter in a shape: n pairs of a block, R relations, H hidden.
#include "heads/triple_scorers.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <optional>

#include "base/check.h"
#include "gliner/error.h"
#include "nn/linear.h"
#include "nn/mlp.h"
#include "nn/module_path.h"

namespace gliner {
namespace {

using Tensors = std::vector<at::Tensor>;

// Interactions that are linear in the relation: a vector of the pair times r, plus what the pair has alone.
class LinearInteraction : public RelationScorer {
 public:
  using PairVector = std::function<at::Tensor(const at::Tensor& h, const at::Tensor& t)>;
  explicit LinearInteraction(PairVector vector, bool adds_product = false)
      : vector_(std::move(vector)), adds_product_(adds_product) {}

 private:
  at::Tensor score(const Tensors& heads, const Tensors& tails, const Relations& relations) const override {
    const at::Tensor scores = at::linear(vector_(heads[0], tails[0]), relations.vectors);  // [n, R]
    return adds_product_ ? scores + (heads[0] * tails[0]).sum(1, /*keepdim=*/true) : scores;
  }

  PairVector vector_;
  bool adds_product_;
};

at::Tensor simple_vector(const at::Tensor& h, const at::Tensor& t) {
  const auto hs = h.chunk(2, 1), ts = t.chunk(2, 1);
  return at::cat({hs[0] * ts[1], ts[0] * hs[1]}, 1) * 0.5;
}

at::Tensor complex_vector(const at::Tensor& h, const at::Tensor& t) {
  const auto hs = h.chunk(2, 1), ts = t.chunk(2, 1);
  return at::cat({hs[0] * ts[0] + hs[1] * ts[1], hs[0] * ts[1] - hs[1] * ts[0]}, 1);
}

// The Hamilton product h r times t, sorted by the parts of r.
at::Tensor quaternion_vector(const at::Tensor& h, const at::Tensor& t) {
  const auto p = h.chunk(4, 1), q = t.chunk(4, 1);
  return at::cat({p[0] * q[0] + p[1] * q[1] + p[2] * q[2] + p[3] * q[3],
                  p[0] * q[1] - p[1] * q[0] + p[3] * q[2] - p[2] * q[3],
                  p[0] * q[2] - p[2] * q[0] - p[3] * q[1] + p[1] * q[3],
                  p[0] * q[3] - p[3] * q[0] + p[2] * q[1] - p[1] * q[2]},
                 1);
}

// Circular correlation.
at::Tensor hole_vector(const at::Tensor& h, const at::Tensor& t) {
  return at::fft_irfft(at::fft_rfft(h).conj() * at::fft_rfft(t), h.size(1));
}

// Interactions whose score is the negative length of a difference. The residual sees [n, 1, H] entities and
// [R, H] parts of the relations that `names` project, and gives [n, R, H].
class NormInteraction : public RelationScorer {
 public:
  using Residual = std::function<at::Tensor(const at::Tensor& h, const at::Tensor& t, const at::Tensor& r,
                                            const Tensors& parts)>;
  NormInteraction(const WeightScope& w, const std::vector<std::string>& names, std::int64_t hidden,
                  std::int64_t order, Residual residual, bool has_factor = false)
      : order_(order), residual_(std::move(residual)) {
    for (const std::string& name : names)
      parts_.push_back(register_module(name, std::make_shared<Linear>(w / name, hidden, hidden)));
    if (has_factor)
      factor_ = register_module("r_to_gamma", std::make_shared<Linear>(w / "r_to_gamma", hidden, 1));
  }

 private:
  Relations prepare(const at::Tensor& relations) const override {
    Relations prepared{relations, {}};
    for (const auto& part : parts_) prepared.parts.push_back(part->forward(relations));
    return prepared;
  }

  at::Tensor score(const Tensors& heads, const Tensors& tails, const Relations& relations) const override {
    constexpr double kLargest = 10.0;  // NormBasedInteraction's clamp_norm
    const at::Tensor residual = residual_(heads[0].unsqueeze(1), tails[0].unsqueeze(1), relations.vectors,
                                          relations.parts);  // [n, R, H]
    const at::Tensor score =
        -at::linalg_vector_norm(residual, order_, at::IntArrayRef({-1})).clamp_max(kLargest);
    return factor_ ? score * factor_->forward(relations.vectors).select(1, 0) : score;
  }

  std::int64_t order_;
  Residual residual_;
  std::vector<std::shared_ptr<Linear>> parts_;
  std::shared_ptr<Linear> factor_;
};

// TransH: both entities are projected on a plane, whose normal is the second part, and moved by the first.
at::Tensor plane_residual(const at::Tensor& h, const at::Tensor& t, const at::Tensor&, const Tensors& parts) {
  constexpr double kLeastNorm = 1e-12;  // torch.nn.functional.normalize
  const at::Tensor length = at::linalg_vector_norm(parts[1], 2, at::IntArrayRef({-1}), /*keepdim=*/true);
  const at::Tensor normal = parts[1] / length.clamp_min(kLeastNorm);  // [R, H]
  const auto on_plane = [&](const at::Tensor& x) {
    return x - (x * normal).sum(-1, /*keepdim=*/true) * normal;  // [n, R, H]
  };
  return on_plane(h) + parts[0] - on_plane(t);
}

// Batch normalisation with the statistics of the training, over [N, H].
class FixedBatchNorm : public torch::nn::Module {
 public:
  FixedBatchNorm(const WeightScope& w, std::int64_t size) {
    const auto bind = [&](const char* name) {
      const at::Tensor values = w.float32(name, {size}, "FixedBatchNorm");
      register_weight_at(*this, name, values);
      return values;
    };
    constexpr double kEps = 1e-5;  // torch.nn.BatchNorm1d's default.
    factor_ = bind("weight") * at::rsqrt(bind("running_var") + kEps);
    shift_ = bind("bias") - bind("running_mean") * factor_;
    w.not_needed("num_batches_tracked", "of the training only");
  }
  at::Tensor forward(const at::Tensor& x) const { return x * factor_ + shift_; }

 private:
  at::Tensor factor_, shift_;
};

// TuckER: a core tensor makes a matrix of each relation, which stands between both entities.
class TuckerInteraction : public RelationScorer {
 public:
  TuckerInteraction(const WeightScope& w, std::int64_t hidden)
      : core_(w.float32("W", {hidden, hidden, hidden}, "TuckerInteraction")),
        head_norm_(register_module("bn0", std::make_shared<FixedBatchNorm>(w / "bn0", hidden))),
        tail_norm_(register_module("bn1", std::make_shared<FixedBatchNorm>(w / "bn1", hidden))) {
    register_weight_at(*this, "W", core_);
  }

 private:
  Relations prepare(const at::Tensor& relations) const override {
    const std::int64_t hidden = relations.size(1);
    return {
        relations,
        {at::mm(relations, core_.view({hidden, hidden * hidden})).view({-1, hidden, hidden})}};  // [R, H, H]
  }
  Tensors prepare_entities(const at::Tensor& entities) const override {
    return {head_norm_->forward(entities), tail_norm_->forward(entities)};
  }
  at::Tensor score(const Tensors& heads, const Tensors& tails, const Relations& relations) const override {
    const at::Tensor seen = at::matmul(heads[0], relations.parts[0]);  // [R, n, H]
    return (seen * tails[1]).sum(-1).t();
  }

  at::Tensor core_;  // [H, H, H]
  std::shared_ptr<FixedBatchNorm> head_norm_, tail_norm_;
};

// ERMLP: a perceptron over all three, its first product split into a part for each.
class PerceptronInteraction : public RelationScorer {
 public:
  PerceptronInteraction(const WeightScope& w, std::int64_t hidden) {
    constexpr std::int64_t kInner = 2048;  // TriplesScoreLayer's default
    const at::Tensor weight = w.stored("mlp.0.weight", {kInner, 3 * hidden}, "PerceptronInteraction");
    const at::Tensor bias = w.stored("mlp.0.bias", {kInner}, "PerceptronInteraction");
    register_weight_at(*this, "mlp.0.weight", weight);
    register_weight_at(*this, "mlp.0.bias", bias);
    head_part_.emplace(weight.narrow(1, 0, hidden), bias, std::nullopt, w.device());
    relation_part_.emplace(weight.narrow(1, hidden, hidden), at::Tensor(), std::nullopt, w.device());
    tail_part_.emplace(weight.narrow(1, 2 * hidden, hidden), at::Tensor(), std::nullopt, w.device());
    last_ = register_at(*this, "mlp.2", std::make_shared<Linear>(w / "mlp.2", kInner, 1));
  }

 private:
  Relations prepare(const at::Tensor& relations) const override {
    return {relations, {relation_part_->forward(relations)}};
  }
  Tensors prepare_entities(const at::Tensor& entities) const override {
    return {head_part_->forward(entities), tail_part_->forward(entities)};
  }
  at::Tensor score(const Tensors& heads, const Tensors& tails, const Relations& relations) const override {
    const at::Tensor pairs = heads[0] + tails[1];  // [n, inner]
    Tensors scores;
    for (std::int64_t r = 0; r < relations.parts[0].size(0); ++r)
      scores.push_back(last_->forward(at::relu(pairs + relations.parts[0][r])));  // [n, 1]
    return at::cat(scores, 1);
  }

  std::optional<Projection> head_part_, relation_part_, tail_part_;
  std::shared_ptr<Linear> last_;
};

// ConvKB: filters over the three numbers of each dimension, relu, and a weighted sum.
class FilterInteraction : public RelationScorer {
 public:
  FilterInteraction(const WeightScope& w, std::int64_t hidden) {
    constexpr std::int64_t kFilters = 32;  // TriplesScoreLayer's default
    const auto bind = [&](const char* name, const std::vector<std::int64_t>& shape) {
      const at::Tensor values = w.float32(name, shape, "FilterInteraction");
      register_weight_at(*this, name, values);
      return values;
    };
    filters_ = bind("conv.weight", {kFilters, 3, 1});
    filter_bias_ = bind("conv.bias", {kFilters});
    weights_ = bind("fc.weight", {1, kFilters * hidden}).view({kFilters, hidden});
    bias_ = bind("fc.bias", {1});
  }

 private:
  at::Tensor score(const Tensors& heads, const Tensors& tails, const Relations& relations) const override {
    const at::Tensor h = heads[0].unsqueeze(1), t = tails[0].unsqueeze(1);                 // [n, 1, H]
    at::Tensor sum = bias_.expand({heads[0].size(0), relations.vectors.size(0)}).clone();  // [n, R]
    for (std::int64_t f = 0; f < filters_.size(0); ++f) {
      const at::Tensor mixed = h * filters_[f][0] + relations.vectors * filters_[f][1] + t * filters_[f][2];
      sum += at::matmul(at::relu(mixed + filter_bias_[f]), weights_[f]);
    }
    return sum;
  }

  at::Tensor filters_, filter_bias_, weights_, bias_;
};

void require_width(const std::string& name, bool fits, const std::string& expected, std::int64_t hidden) {
  if (!fits)
    throw ModelError(
        fmt::format("triples_layer {}: expected hidden_size {}, found {}", name, expected, hidden));
}

std::shared_ptr<RelationScorer> make_linear_interaction(const std::string& name, std::int64_t hidden) {
  const auto product = [](const at::Tensor& h, const at::Tensor& t) { return h * t; };
  const auto sum = [](const at::Tensor& h, const at::Tensor& t) { return h + t; };
  if (name == "DistMult") return std::make_shared<LinearInteraction>(product);
  if (name == "DistMA") return std::make_shared<LinearInteraction>(sum, /*adds_product=*/true);
  if (name == "HolE") return std::make_shared<LinearInteraction>(hole_vector);
  if (name == "SimplE" || name == "ComplEx") {
    require_width(name, hidden % 2 == 0, "to be even", hidden);
    return std::make_shared<LinearInteraction>(name == "SimplE" ? simple_vector : complex_vector);
  }
  if (name == "QuatE") {
    require_width(name, hidden % 4 == 0, "to be a multiple of 4", hidden);
    return std::make_shared<LinearInteraction>(quaternion_vector);
  }
  return nullptr;
}

std::shared_ptr<RelationScorer> make_norm_interaction(const WeightScope& w, const std::string& name,
                                                      std::int64_t hidden) {
  using T = const at::Tensor&;
  const auto make = [&](const std::vector<std::string>& parts, std::int64_t order,
                        NormInteraction::Residual residual, bool has_factor = false) {
    return std::make_shared<NormInteraction>(w, parts, hidden, order, std::move(residual), has_factor);
  };
  if (name == "UM")
    return make({}, 2, [](T h, T t, T r, const Tensors&) {
      return (h - t).expand({h.size(0), r.size(0), h.size(2)});
    });
  if (name == "SE") return make({}, 2, [](T h, T t, T r, const Tensors&) { return r * h - r * t; });
  if (name == "TransE") return make({}, 1, [](T h, T t, T r, const Tensors&) { return h + r - t; });
  if (name == "TransH") return make({"r_to_rtr", "r_to_w"}, 2, plane_residual);
  if (name == "TransF")
    return make({"r_to_rvec", "r_to_alpha", "r_to_beta"}, 2,
                [](T h, T t, T, const Tensors& p) { return p[1] * h + p[0] - p[2] * t; });
  if (name == "PairRE")
    return make({"r_to_alpha", "r_to_beta"}, 2,
                [](T h, T t, T, const Tensors& p) { return p[0] * h - p[1] * t; });
  if (name == "TripleRE")
    return make(
        {"r_to_alpha", "r_to_beta", "r_to_delta"}, 2,
        [](T h, T t, T, const Tensors& p) { return p[0] * h + p[2] - p[1] * t; }, /*has_factor=*/true);
  return nullptr;
}

}  // namespace

std::shared_ptr<RelationScorer> make_triple_scorer(const WeightScope& w, const std::string& name,
                                                   std::int64_t hidden) {
  // The reference builds these with its default size whatever the model's is, and fails on another one.
  constexpr std::int64_t kTrainedSize = 768;
  constexpr const char* kTrained[] = {"TransH", "TransF", "PairRE", "TripleRE", "TuckER", "ERMLP", "ConvKB"};
  if (std::any_of(std::begin(kTrained), std::end(kTrained), [&](const char* known) { return name == known; }))
    require_width(name, hidden == kTrainedSize, std::to_string(kTrainedSize), hidden);
  if (auto scorer = make_linear_interaction(name, hidden)) return scorer;
  if (auto scorer = make_norm_interaction(w, name, hidden)) return scorer;
  if (name == "TuckER") return std::make_shared<TuckerInteraction>(w, hidden);
  if (name == "ERMLP") return std::make_shared<PerceptronInteraction>(w, hidden);
  if (name == "ConvKB") return std::make_shared<FilterInteraction>(w, hidden);
  throw ModelError(fmt::format(
      "triples_layer '{}': expected UM, SE, TransE, TransH, TransF, PairRE, TripleRE, DistMult, SimplE, "
      "DistMA, "
      "ComplEx, QuatE, HolE, TuckER, ERMLP or ConvKB (ConvE needs an option that no config can give)",
      name));
}

}  // namespace gliner
