#include "heads/token_scorer.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "nn/module_path.h"

namespace gliner {
namespace {

constexpr std::int64_t kScores = 3;  // Start, end, inside.

// Pairs of word and label that are computed at once: enough for a product at full speed, small enough for
// their [pairs, 4H] to stay in the cache.
constexpr std::int64_t kPairsAtOnce = 512;

}  // namespace

TokenScorer::TokenScorer(const WeightScope& w, std::int64_t hidden) : hidden_(hidden) {
  const std::int64_t inner = 4 * hidden;
  word_ = register_module("proj_token", std::make_shared<Linear>(w / "proj_token", hidden, 2 * hidden));
  label_ = register_module("proj_label", std::make_shared<Linear>(w / "proj_label", hidden, 2 * hidden));
  const at::Tensor weight = w.stored("out_mlp.0.weight", {inner, 3 * hidden}, "TokenScorer");
  const at::Tensor bias = w.stored("out_mlp.0.bias", {inner}, "TokenScorer");
  register_weight_at(*this, "out_mlp.0.weight", weight);
  register_weight_at(*this, "out_mlp.0.bias", bias);
  word_part_.emplace(weight.narrow(1, 0, hidden), bias, std::nullopt, w.device());
  label_part_.emplace(weight.narrow(1, hidden, hidden), at::Tensor(), std::nullopt, w.device());
  pair_part_.emplace(weight.narrow(1, 2 * hidden, hidden), at::Tensor(), std::nullopt, w.device());
  last_ = register_at(*this, "out_mlp.3", std::make_shared<Linear>(w / "out_mlp.3", inner, kScores));
}

TokenScorer::Sides TokenScorer::sides(const at::Tensor& words, const at::Tensor& labels) const {
  const at::Tensor projected_words = word_->forward(words);     // [W, 2H]
  const at::Tensor projected_labels = label_->forward(labels);  // [Q, 2H]
  return {word_part_->forward(projected_words.narrow(1, 0, hidden_)),
          label_part_->forward(projected_labels.narrow(1, 0, hidden_)),
          projected_words.narrow(1, hidden_, hidden_), projected_labels.narrow(1, hidden_, hidden_)};
}

std::vector<at::Tensor> TokenScorer::forward(const at::Tensor& words, const SequenceStart& word_start,
                                             const at::Tensor& labels,
                                             const std::vector<RowRange>& own_labels) const {
  const auto [word_parts, label_parts, word_factors, label_factors] = sides(words, labels);
  std::vector<at::Tensor> logits;
  for (std::size_t b = 0; b + 1 < word_start.size(); ++b) {
    const std::int64_t length = word_start[b + 1] - word_start[b];
    const std::int64_t count = own_labels[b].size();
    at::Tensor own = at::empty({length, count, kScores}, words.options());  // [L, P, 3]
    const std::int64_t step = std::max<std::int64_t>(1, kPairsAtOnce / std::max<std::int64_t>(1, count));
    for (std::int64_t done = 0; done < length && count > 0; done += step) {
      const std::int64_t rows = std::min(step, length - done);
      const auto of_words = [&](const at::Tensor& all) {  // [W, C] -> [rows, 1, C]
        return all.narrow(0, word_start[b] + done, rows).unsqueeze(1);
      };
      const auto of_labels = [&](const at::Tensor& all) {  // [Q, C] -> [P, C]
        return all.narrow(0, own_labels[b].begin, count);
      };
      const at::Tensor products = of_words(word_factors) * of_labels(label_factors);   // [rows, P, H]
      at::Tensor inner = pair_part_->forward(products.view({rows * count, hidden_}));  // [rows * P, 4H]
      inner.view({rows, count, -1}).add_(of_words(word_parts)).add_(of_labels(label_parts)).relu_();
      own.narrow(0, done, rows).copy_(last_->forward(inner).view({rows, count, kScores}));
    }
    logits.push_back(own.cpu());
  }
  return logits;
}

at::Tensor TokenScorer::forward(const Sides& sides, const SpanGridShape& grid, const Uploaded& upload) const {
  at::Tensor logits = at::empty({grid.cells, kScores}, sides.word_parts.options());
  for (const SpanGridShape::Block& block : grid.blocks) {
    const std::int64_t cells = grid.cells_of(block);
    const auto of_words = [&](const at::Tensor& all) {  // [W, C] -> [items, 1, rows, C]
      return all.index_select(0, upload.integers(block.row_index)).view({block.items, 1, block.rows, -1});
    };
    const auto of_labels = [&](const at::Tensor& all) {  // [Q, C] -> [items, queries, 1, C]
      return all.index_select(0, upload.integers(block.query_index))
          .view({block.items, block.queries, 1, -1});
    };
    const at::Tensor products = of_words(sides.word_factors) * of_labels(sides.label_factors);
    at::Tensor inner = pair_part_->forward(products.view({cells, hidden_}));  // [cells, 4H]
    inner.view({block.items, block.queries, block.rows, -1})
        .add_(of_words(sides.word_parts))
        .add_(of_labels(sides.label_parts))
        .relu_();
    logits.narrow(0, block.begin, cells).copy_(last_->forward(inner));
  }
  return logits;
}

}  // namespace gliner
