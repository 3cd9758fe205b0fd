#include "heads/entity_adjacency.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>

#include "gliner/error.h"
#include "nn/dot_attention.h"
#include "nn/linear.h"
#include "nn/module_path.h"

namespace gliner {
namespace {

at::Tensor sigmoid_products(const at::Tensor& x) { return at::sigmoid(at::mm(x, x.t())); }  // [E, E]

class DotAdjacency : public EntityAdjacency {
 public:
  at::Tensor forward(const at::Tensor& entities) const override { return sigmoid_products(entities); }
};

// A perceptron over both entities; its first product splits into a part for each.
class MlpAdjacency : public EntityAdjacency {
 public:
  MlpAdjacency(const WeightScope& w, std::int64_t hidden) {
    const at::Tensor weight = w.stored("mlp.0.weight", {hidden, 2 * hidden}, "MlpAdjacency");
    const at::Tensor bias = w.stored("mlp.0.bias", {hidden}, "MlpAdjacency");
    register_weight_at(*this, "mlp.0.weight", weight);
    register_weight_at(*this, "mlp.0.bias", bias);
    head_part_.emplace(weight.narrow(1, 0, hidden), bias, std::nullopt, w.device());
    tail_part_.emplace(weight.narrow(1, hidden, hidden), at::Tensor(), std::nullopt, w.device());
    last_ = register_at(*this, "mlp.2", std::make_shared<Linear>(w / "mlp.2", hidden, 1));
  }

  at::Tensor forward(const at::Tensor& entities) const override {
    const std::int64_t count = entities.size(0);
    const at::Tensor heads = head_part_->forward(entities);  // [E, H]
    const at::Tensor tails = tail_part_->forward(entities);  // [E, H]
    at::Tensor adjacency = at::empty({count, count}, entities.options());
    for (std::int64_t head = 0; head < count; ++head)
      adjacency.select(0, head).copy_(last_->forward(at::relu(tails + heads[head])).select(1, 0));
    return adjacency.sigmoid_();
  }

 private:
  std::optional<Projection> head_part_, tail_part_;
  std::shared_ptr<Linear> last_;
};

class BilinearAdjacency : public EntityAdjacency {
 public:
  BilinearAdjacency(const WeightScope& w, std::int64_t hidden)
      : project_(register_module("proj", std::make_shared<Linear>(w / "proj", hidden, hidden))) {}

  at::Tensor forward(const at::Tensor& entities) const override {
    return sigmoid_products(project_->forward(entities));
  }

 private:
  std::shared_ptr<Linear> project_;
};

// One graph convolution over the dot products, normalised from both sides.
class GraphConvolutionAdjacency : public EntityAdjacency {
 public:
  GraphConvolutionAdjacency(const WeightScope& w, std::int64_t hidden) {
    convolve_ = register_at(
        *this, "gcn.linear",
        std::make_shared<Linear>(w / "gcn.linear", hidden, hidden, Linear::Options{Activation::kRelu}));
    project_ = register_module("proj", std::make_shared<Linear>(w / "proj", hidden, hidden));
  }

  at::Tensor forward(const at::Tensor& entities) const override {
    constexpr double kLeastDegree = 1e-6;  // compute_degree
    const at::Tensor edges = sigmoid_products(entities) + at::eye(entities.size(0), entities.options());
    const at::Tensor factor = edges.sum(1).clamp_min(kLeastDegree).pow(-0.5);  // [E]
    const at::Tensor normed = factor.unsqueeze(1) * edges * factor.unsqueeze(0);
    return sigmoid_products(project_->forward(convolve_->forward(at::mm(normed, entities))));
  }

 private:
  std::shared_ptr<Linear> convolve_, project_;
};

constexpr std::int64_t kAttentionHeads = 8;  // RelationsRepLayer's default; the config has no key for it.

// torch.nn.MultiheadAttention's query, key and value in one product.
Projection bind_qkv(torch::nn::Module& module, const WeightScope& w, std::int64_t hidden) {
  if (hidden % kAttentionHeads != 0)
    throw ModelError(
        fmt::format("relations_layer: expected hidden_size to be a multiple of its {} heads, found {}",
                    kAttentionHeads, hidden));
  const at::Tensor weight = w.stored("attn.in_proj_weight", {3 * hidden, hidden}, "EntityAdjacency");
  const at::Tensor bias = w.stored("attn.in_proj_bias", {3 * hidden}, "EntityAdjacency");
  register_weight_at(module, "attn.in_proj_weight", weight);
  register_weight_at(module, "attn.in_proj_bias", bias);
  return {weight, bias, std::nullopt, w.device()};
}

double attention_scale(std::int64_t hidden) {
  return 1.0 / std::sqrt(static_cast<double>(hidden / kAttentionHeads));
}

// The weights of multi-head attention, averaged over the heads.
class AttentionAdjacency : public EntityAdjacency {
 public:
  AttentionAdjacency(const WeightScope& w, std::int64_t hidden) : qkv_(bind_qkv(*this, w, hidden)) {
    for (const char* name : {"attn.out_proj.weight", "attn.out_proj.bias"})
      w.not_needed(name, "only the weights of the attention are used");
  }

  at::Tensor forward(const at::Tensor& entities) const override {
    const std::int64_t count = entities.size(0), hidden = entities.size(1);
    if (count == 0) return at::empty({0, 0}, entities.options());
    const at::Tensor qkv = qkv_.forward(entities)
                               .view({count, 3, kAttentionHeads, hidden / kAttentionHeads})
                               .permute({1, 2, 0, 3});  // [3, heads, E, D]
    const at::Tensor scores = at::matmul(qkv[0], qkv[1].transpose(1, 2)) * attention_scale(hidden);
    return at::softmax(scores, -1).mean(0);  // [E, E]
  }

 private:
  Projection qkv_;
};

// Products of what multi-head attention makes of the entities.
class GraphAttentionAdjacency : public EntityAdjacency {
 public:
  GraphAttentionAdjacency(const WeightScope& w, std::int64_t hidden) : qkv_(bind_qkv(*this, w, hidden)) {
    out_ = register_at(*this, "attn.out_proj", std::make_shared<Linear>(w / "attn.out_proj", hidden, hidden));
    project_ = register_module("linear", std::make_shared<Linear>(w / "linear", hidden, hidden));
  }

  at::Tensor forward(const at::Tensor& entities) const override {
    const std::int64_t hidden = entities.size(1);
    const at::Tensor qkv = qkv_.forward(entities);  // [E, 3H]
    const at::Tensor context =
        dot_attention(qkv.narrow(1, 0, hidden), qkv.narrow(1, hidden, hidden),
                      qkv.narrow(1, 2 * hidden, hidden), kAttentionHeads, attention_scale(hidden));
    return sigmoid_products(project_->forward(out_->forward(context)));
  }

 private:
  Projection qkv_;
  std::shared_ptr<Linear> out_, project_;
};

}  // namespace

std::shared_ptr<EntityAdjacency> make_entity_adjacency(const WeightScope& w, const std::string& mode,
                                                       std::int64_t hidden) {
  std::string name = mode;
  std::transform(name.begin(), name.end(), name.begin(),
                 [](char c) { return static_cast<char>(std::tolower(static_cast<unsigned char>(c))); });
  if (name == "dot") return std::make_shared<DotAdjacency>();
  if (name == "mlp") return std::make_shared<MlpAdjacency>(w, hidden);
  if (name == "attention" || name == "attn") return std::make_shared<AttentionAdjacency>(w, hidden);
  if (name == "bilinear") return std::make_shared<BilinearAdjacency>(w, hidden);
  if (name == "gcn") return std::make_shared<GraphConvolutionAdjacency>(w, hidden);
  if (name == "gat") return std::make_shared<GraphAttentionAdjacency>(w, hidden);
  throw ModelError(
      fmt::format("relations_layer '{}': expected dot, mlp, attention, bilinear, gcn, gat or none", mode));
}

}  // namespace gliner
