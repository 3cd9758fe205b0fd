#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "nn/linear.h"
#include "nn/mlp.h"

namespace gliner {

/// What one sequence brings to the span head: rows [first_row, first_row + rows) and queries likewise.
struct SpanTask {
  std::int64_t first_row = 0;
  std::int64_t rows = 0;
  std::int64_t first_query = 0;
  std::int64_t queries = 0;
};

/// Scores every span of at most K rows against every query: SpanMarkerV0 followed by a dot product
/// (gliner2/layers.py, SpanMarkerV0.score_queries), factorised. A span's vector is
///   W2 relu(W1 [relu(start_i); relu(end_j)] + b1) + b2
/// where the first product splits into a half that depends on i and one that depends on j, and the last one
/// moves over to the queries. Const after construction; thread-safe.
class SpanHead : public torch::nn::Module {
 public:
  SpanHead(const WeightScope& w, std::int64_t hidden, std::int64_t max_width);

  /// rows: [R, H]; queries: [Q, H] -> per task the logits [queries, rows, K] on the CPU: row, then width; 0
  /// is one row. -inf where a span runs past the sequence's last row.
  std::vector<at::Tensor> forward(const at::Tensor& rows, const at::Tensor& queries,
                                  const std::vector<SpanTask>& tasks) const;

 private:
  std::int64_t max_width_;
  std::shared_ptr<Mlp> start_, end_;
  std::optional<Projection> start_half_, end_half_;  // The halves of the first product: H -> 4H
  std::optional<Projection> fold_;                   // The last one from the other side: H -> 4H
  at::Tensor last_bias_;                             // [H]
};

/// Logits of one task from its parts in plain tensor operations; oracle of the fused form.
/// start, end: [R, C], folded: [Q, C], bias: [Q] -> [Q, R, K].
at::Tensor plain_span_logits(const at::Tensor& start, const at::Tensor& end, const at::Tensor& folded,
                             const at::Tensor& bias, std::int64_t max_width);

/// The same with the CPU's fused loop.
at::Tensor fused_span_logits(const at::Tensor& start, const at::Tensor& end, const at::Tensor& folded,
                             const at::Tensor& bias, std::int64_t max_width);

}  // namespace gliner
