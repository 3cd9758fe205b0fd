#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "nn/attention.h"
#include "nn/linear.h"
#include "nn/rows.h"
#include "nn/weight_scope.h"

namespace gliner {

/// The words of a batch, as span layers see them.
struct SpanWords {
  at::Tensor words;     ///< [W, H], the words of all sequences one after the other.
  SequenceStart start;  ///< Sequence b is the words [start[b], start[b + 1]).
  /// Words to which the reference pads the sequences of this batch; its markerV1 averages over them too, and
  /// to its markerV2 the last of them is the last word. 0: every sequence counts its own words only, whatever
  /// else is in the batch.
  std::int64_t padded_words = 0;
};

/// Label vectors with what a layer made of them for its products: SpanLayer::prepare. Const after that; any
/// number of threads and texts may share one.
struct SpanQueries {
  at::Tensor vectors;                         ///< [Q, H]
  at::Tensor folded;                          ///< [Q, C]: the layer's last product from their side
  at::Tensor bias;                            ///< [Q]
  std::shared_ptr<const Projection> product;  ///< `folded` and `bias`, packed
};

/// Turns spans of words into vectors and scores them against label vectors: one of the reference's span modes
/// (gliner/modeling/span_rep.py). Const after construction; thread-safe.
class SpanLayer : public torch::nn::Module {
 public:
  /// vectors: [Q, H]. `packed`: for labels that many texts will share, it may take longer.
  virtual SpanQueries prepare(const at::Tensor& vectors, bool packed) const;

  /// The dot product of every span of at most K words with every query of its sequence; those of sequence b
  /// are own[b], and sequences may share them -> per sequence [queries, words, K] on the CPU: first word,
  /// then width; 0 is one word. -inf where a span runs past the sequence's last word. In memory either the
  /// query or the width runs fastest.
  virtual std::vector<at::Tensor> logits(const SpanWords& words, const SpanQueries& queries,
                                         const std::vector<RowRange>& own) const = 0;

  /// The vectors of `spans`, rows of SpanWords::words, none empty, each in one sequence: [S, H]. Wider ones
  /// than the layer scores are an InternalError where the layer has no vector for them.
  virtual at::Tensor vectors(const SpanWords& words, const std::vector<RowRange>& spans) const = 0;
};

/// Builds the layer of `mode` (the config's span_mode: marker, markerV0, markerV1, markerV2, query, mlp, cat,
/// conv_conv, conv_max, conv_mean, conv_sum, conv_share, or token_level, which has markerV0's form) from the
/// tensors below `w`. Throws ModelError on an unknown mode.
std::shared_ptr<SpanLayer> make_span_layer(const WeightScope& w, const std::string& mode, std::int64_t hidden,
                                           std::int64_t max_width);

/// A layer that knows the vectors of all spans of a sequence at once.
class DenseSpanLayer : public SpanLayer {
 public:
  std::vector<at::Tensor> logits(const SpanWords& words, const SpanQueries& queries,
                                 const std::vector<RowRange>& own) const override;
  at::Tensor vectors(const SpanWords& words, const std::vector<RowRange>& spans) const override;

 protected:
  explicit DenseSpanLayer(std::int64_t max_width) : max_width_(max_width) {}

  /// words: [L, H] of one sequence, L > 0 -> [L, K, H]. What stands for a span past the last word is never
  /// used, but must be finite.
  virtual at::Tensor all(const at::Tensor& words) const = 0;

  std::int64_t max_width() const { return max_width_; }

 private:
  std::int64_t max_width_;
};

}  // namespace gliner
