#include "heads/cross_fuser.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <cmath>

#include "base/check.h"
#include "gliner/error.h"
#include "nn/dot_attention.h"
#include "nn/module_path.h"

namespace gliner {
namespace {

constexpr double kNormEps = 1e-5;  // torch.nn.LayerNorm's default.

}  // namespace

CrossFuser::CrossFuser(const WeightScope& w, const std::vector<std::string>& steps, std::int64_t layers,
                       std::int64_t hidden, std::int64_t heads)
    : heads_(heads) {
  if (hidden % heads != 0)
    throw ModelError(fmt::format(
        "post_fusion_schema: expected hidden_size to be a multiple of the encoder's {} heads, found {}",
        heads, hidden));
  for (std::int64_t layer = 0; layer < layers; ++layer)
    for (std::size_t i = 0; i < steps.size(); ++i)
      blocks_.push_back(bind_block(w, fmt::format("layers.{}.{}.", layer, i), steps[i], hidden));
}

CrossFuser::Block CrossFuser::bind_block(const WeightScope& w, const std::string& name,
                                         const std::string& step, std::int64_t hidden) {
  const auto linear = [&](const std::string& path) {
    return register_at(*this, name + path, std::make_shared<Linear>(w / (name + path), hidden, hidden));
  };
  const auto norm = [&](const std::string& path) {
    return register_at(*this, name + path, std::make_shared<LayerNorm>(w / (name + path), hidden, kNormEps));
  };
  Block block;
  block.step = step == "l2l"   ? Step::kLabelsToLabels
               : step == "t2t" ? Step::kWordsToWords
               : step == "l2t" ? Step::kLabelsToWords
               : step == "t2l" ? Step::kWordsToLabels
                               : Step::kNone;
  const bool own_side = block.step == Step::kLabelsToLabels || block.step == Step::kWordsToWords;
  const std::string attention = own_side ? "self_attn." : "cross_attn.";
  block.pre_norm = norm("pre_norm");
  block.post_norm = norm("post_norm");
  if (own_side) {
    block.outer_query = linear("q_proj");
    block.outer_key = linear("k_proj");
  }
  block.outer_value = linear("v_proj");
  block.query = linear(attention + "query_layer");
  block.key = linear(attention + "key_layer");
  block.value = linear(attention + "value_layer");
  return block;
}

CrossFuser::Sides CrossFuser::forward(const Sides& sides, const SequenceStart& label_start,
                                      const SequenceStart& word_start) const {
  GLINER_CHECK(label_start.size() == word_start.size());
  at::Tensor labels = sides.labels, words = sides.words;
  for (const Block& block : blocks_) switch (block.step) {
      case Step::kLabelsToLabels:
        labels = run(block, labels, label_start, labels, label_start);
        break;
      case Step::kWordsToWords:
        words = run(block, words, word_start, words, word_start);
        break;
      case Step::kLabelsToWords:
        labels = run(block, labels, label_start, words, word_start);
        break;
      case Step::kWordsToLabels:
        words = run(block, words, word_start, labels, label_start);
        break;
      case Step::kNone:
        break;
    }
  return {labels, words};
}

// The side that is attended to is normalised only if it is the own one, and every vector that enters the
// attention is projected twice but for the cross query and key (SelfAttentionBlock, CrossAttentionBlock).
at::Tensor CrossFuser::run(const Block& block, const at::Tensor& own, const SequenceStart& own_start,
                           const at::Tensor& other, const SequenceStart& other_start) const {
  const at::Tensor normed = block.pre_norm->forward(own);  // [N, H]
  const bool own_side = block.outer_query != nullptr;
  const at::Tensor& seen = own_side ? normed : other;  // [S, H]
  const at::Tensor query = block.query->forward(own_side ? block.outer_query->forward(normed) : normed);
  const at::Tensor key = block.key->forward(own_side ? block.outer_key->forward(seen) : seen);
  const at::Tensor value = block.value->forward(block.outer_value->forward(seen));
  const double scale = 1.0 / std::sqrt(static_cast<double>(own.size(1) / heads_));
  at::Tensor sum = normed.clone();
  for (std::size_t b = 0; b + 1 < own_start.size(); ++b) {
    const std::int64_t length = own_start[b + 1] - own_start[b];
    const std::int64_t keys = other_start[b + 1] - other_start[b];
    if (length == 0) continue;
    sum.narrow(0, own_start[b], length)
        .add_(dot_attention(query.narrow(0, own_start[b], length), key.narrow(0, other_start[b], keys),
                            value.narrow(0, other_start[b], keys), heads_, scale));
  }
  return block.post_norm->forward(sum);
}

}  // namespace gliner
