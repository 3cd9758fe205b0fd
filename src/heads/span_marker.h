#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "heads/span_layer.h"
#include "nn/linear.h"
#include "nn/mlp.h"

namespace gliner {

/// `marker`: a span's vector is W relu([start_i; end_j]) + b of projections of its first and last word. It
/// splits into a part of i and one of j, and so do its dot products.
class SpanMarker : public SpanLayer {
 public:
  SpanMarker(const WeightScope& w, std::int64_t hidden, std::int64_t max_width);

  std::vector<at::Tensor> logits(const SpanWords& words, const SpanQueries& queries,
                                 const std::vector<RowRange>& own) const override;
  at::Tensor vectors(const SpanWords& words, const std::vector<RowRange>& spans) const override;

 private:
  std::int64_t max_width_;
  std::shared_ptr<Mlp> start_, end_;
  std::optional<Projection> start_half_, end_half_;  // H -> H; the bias is in the first one.
};

/// What a marker layer puts beside the two ends of every span of a sequence.
enum class MarkerContext {
  kNone,      ///< markerV0 and token_level
  kMeanWord,  ///< markerV1: the mean of the words, which the reference takes over the padding too.
  kLastWord,  ///< markerV2: a projection of the last word.
};

/// The shares of the first and the last word of spans in a layer's first product: [W, C] each.
struct SpanEnds {
  at::Tensor start, end;
};

/// `markerV0` to `markerV2`: W2 relu(W1 relu([start_i; end_j; context]) + b1) + b2. The first product splits
/// into one part for each word and one for the sequence, and the last one moves over to the queries. markerV0
/// is GLiNER2's span head too (gliner2/layers.py, SpanMarkerV0.score_queries).
class SpanMarkerMlp : public SpanLayer {
 public:
  SpanMarkerMlp(const WeightScope& w, std::int64_t hidden, std::int64_t max_width, MarkerContext context);

  SpanQueries prepare(const at::Tensor& vectors, bool packed) const override;
  std::vector<at::Tensor> logits(const SpanWords& words, const SpanQueries& queries,
                                 const std::vector<RowRange>& own) const override;
  at::Tensor vectors(const SpanWords& words, const std::vector<RowRange>& spans) const override;

  /// What the spans of all words are put together from: the span from word i to word j has the logits
  /// folded . relu(start_i + end_j) + bias with the queries of prepare().
  SpanEnds ends(const SpanWords& words) const { return {start_parts(words), end_parts(words)}; }
  /// The vectors of spans, rows of the words, put together from their ends: [S, H].
  at::Tensor vectors(const SpanEnds& ends, const std::vector<RowRange>& spans) const;

  std::int64_t max_width() const { return max_width_; }
  std::int64_t inner() const { return start_part_->out(); }  ///< C of the ends

 private:
  at::Tensor end_parts(const SpanWords& words) const;  // [W, 4H]
  /// The first product for the spans that begin at each word, without the end's share: [W, 4H].
  at::Tensor start_parts(const SpanWords& words) const;
  at::Tensor contexts(const SpanWords& words) const;

  std::int64_t max_width_;
  MarkerContext context_;
  std::shared_ptr<Mlp> start_, end_;
  std::shared_ptr<Mlp> last_word_;                                  // markerV2 only
  std::optional<Projection> start_part_, end_part_, context_part_;  // Of the first product: H -> 4H
  std::optional<Projection> last_;                                  // The last product: 4H -> H
  std::optional<Projection> fold_;                                  // The same from the other side: H -> 4H
  at::Tensor last_bias_;                                            // [H]
};

}  // namespace gliner
