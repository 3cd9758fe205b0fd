#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "heads/span_grid.h"
#include "nn/attention.h"
#include "nn/linear.h"
#include "nn/rows.h"

namespace gliner {

/// Scores every word as the start, the end and a part of an entity of every label
/// (gliner/modeling/scorers.py, Scorer): with projections t, t' of the word and l, l' of the label
///   W2 relu(W1 [t; l; t' * l'] + b1) + b2.
/// The first product splits into a part of the word, one of the label and one of their product; only the last
/// is computed for every pair. Const after construction; thread-safe.
class TokenScorer : public torch::nn::Module {
 public:
  TokenScorer(const WeightScope& w, std::int64_t hidden);

  /// words: [W, H], those of sequence b are [word_start[b], word_start[b + 1]); labels: [Q, H], those
  /// of sequence b are own[b], and sequences may share them -> per sequence the logits [words, labels, 3] on
  /// the CPU: start, end, inside.
  std::vector<at::Tensor> forward(const at::Tensor& words, const SequenceStart& word_start,
                                  const at::Tensor& labels, const std::vector<RowRange>& own) const;

  /// What pairs are put together from: made once for each word and each label.
  struct Sides {
    at::Tensor word_parts, label_parts;      ///< [W, 4H], [Q, 4H]: of the first product, bias included
    at::Tensor word_factors, label_factors;  ///< [W, H], [Q, H]: t', l'
  };
  Sides sides(const at::Tensor& words, const at::Tensor& labels) const;

  /// The logits of a grid's cells, [cells, 3], in few products and nothing waited for. The grid's rows are
  /// words and its queries labels, of width 1 and with floats_of_pair() for each cell.
  at::Tensor forward(const Sides& sides, const SpanGridShape& grid, const Uploaded& upload) const;

  std::int64_t floats_of_pair() const { return 5 * hidden_; }

 private:
  std::int64_t hidden_;
  std::shared_ptr<Linear> word_, label_;                          // H -> 2H
  std::optional<Projection> word_part_, label_part_, pair_part_;  // Of the first product: H -> 4H
  std::shared_ptr<Linear> last_;                                  // 4H -> 3
};

}  // namespace gliner
