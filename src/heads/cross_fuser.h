#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "nn/attention.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"

namespace gliner {

/// Lets the labels and the words of a text see each other before they are scored, in the steps that
/// post_fusion_schema names: "l2l" and "t2t" are attention among labels and among words, "l2t" of labels to
/// words, "t2l" of words to labels (gliner/modeling/layers.py, CrossFuser). Const after construction;
/// thread-safe.
class CrossFuser : public torch::nn::Module {
 public:
  /// heads: of the text encoder. Throws ModelError on sizes that do not fit; an
  /// unknown step is one in which neither side changes, as in the reference, but its weights must be there.
  CrossFuser(const WeightScope& w, const std::vector<std::string>& steps, std::int64_t layers,
             std::int64_t hidden, std::int64_t heads);

  struct Sides {
    at::Tensor labels;  ///< [Q, H]
    at::Tensor words;   ///< [W, H]
  };
  /// labels of text b: [label_start[b], label_start[b + 1]); words likewise.
  Sides forward(const Sides& sides, const SequenceStart& label_start, const SequenceStart& word_start) const;

 private:
  enum class Step { kLabelsToLabels, kWordsToWords, kLabelsToWords, kWordsToLabels, kNone };
  struct Block {
    Step step = Step::kNone;
    std::shared_ptr<LayerNorm> pre_norm, post_norm;
    std::shared_ptr<Linear> outer_query, outer_key;  // Attention to the own side only.
    std::shared_ptr<Linear> outer_value, query, key, value;
  };
  Block bind_block(const WeightScope& w, const std::string& name, const std::string& step,
                   std::int64_t hidden);
  at::Tensor run(const Block& block, const at::Tensor& own, const SequenceStart& own_start,
                 const at::Tensor& other, const SequenceStart& other_start) const;

  std::int64_t heads_;
  std::vector<Block> blocks_;
};

}  // namespace gliner
