#include "heads/span_layer.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "base/check.h"
#include "gliner/error.h"
#include "heads/span_by_width.h"
#include "heads/span_convolution.h"
#include "heads/span_marker.h"
#include "nn/index_tensor.h"

namespace gliner {

SpanQueries SpanLayer::prepare(const at::Tensor& vectors, bool) const { return {vectors, {}, {}, nullptr}; }

std::vector<at::Tensor> DenseSpanLayer::logits(const SpanWords& words, const SpanQueries& queries,
                                               const std::vector<RowRange>& own_queries) const {
  std::vector<at::Tensor> logits;
  for (std::size_t b = 0; b + 1 < words.start.size(); ++b) {
    const std::int64_t length = words.start[b + 1] - words.start[b];
    const std::int64_t count = own_queries[b].size();
    at::Tensor own = at::empty({count, length, max_width_}, at::kFloat);  // [Q, L, K]
    if (length > 0 && count > 0) {
      const at::Tensor spans = all(words.words.narrow(0, words.start[b], length));  // [L, K, H]
      own.copy_(at::linear(spans, queries.vectors.narrow(0, own_queries[b].begin, count)).permute({2, 0, 1}));
      for (std::int64_t width = 1; width < max_width_; ++width) {
        const std::int64_t beyond = std::min(width, length);
        own.narrow(1, length - beyond, beyond)
            .select(2, width)
            .fill_(-std::numeric_limits<float>::infinity());
      }
    }
    logits.push_back(own);
  }
  return logits;
}

at::Tensor DenseSpanLayer::vectors(const SpanWords& words, const std::vector<RowRange>& spans) const {
  const std::int64_t hidden = words.words.size(1);
  at::Tensor vectors =
      at::empty({static_cast<std::int64_t>(spans.size()), hidden}, words.words.options());  // [S, H]
  for (std::size_t b = 0; b + 1 < words.start.size(); ++b) {
    std::vector<std::int64_t> places, cells;  // Of this sequence: row of the result, first word * K + width.
    for (std::size_t s = 0; s < spans.size(); ++s) {
      if (spans[s].begin < words.start[b] || spans[s].begin >= words.start[b + 1]) continue;
      const std::int64_t width = spans[s].end - spans[s].begin;
      GLINER_CHECK(width > 0 && width <= max_width_ && spans[s].end <= words.start[b + 1]);
      places.push_back(static_cast<std::int64_t>(s));
      cells.push_back((spans[s].begin - words.start[b]) * max_width_ + width - 1);
    }
    if (places.empty()) continue;
    const auto index = [&](const std::vector<std::int64_t>& rows) {
      return index_tensor(rows, words.words.device());
    };
    const at::Tensor own =
        all(words.words.narrow(0, words.start[b], words.start[b + 1] - words.start[b]));  // [L, K, H]
    vectors.index_copy_(0, index(places), own.reshape({-1, hidden}).index_select(0, index(cells)));
  }
  return vectors;
}

std::shared_ptr<SpanLayer> make_span_layer(const WeightScope& w, const std::string& mode, std::int64_t hidden,
                                           std::int64_t max_width) {
  if (mode == "marker") return std::make_shared<SpanMarker>(w, hidden, max_width);
  if (mode == "markerV0" || mode == "token_level")
    return std::make_shared<SpanMarkerMlp>(w, hidden, max_width, MarkerContext::kNone);
  if (mode == "markerV1")
    return std::make_shared<SpanMarkerMlp>(w, hidden, max_width, MarkerContext::kMeanWord);
  if (mode == "markerV2")
    return std::make_shared<SpanMarkerMlp>(w, hidden, max_width, MarkerContext::kLastWord);
  if (mode == "query") return std::make_shared<SpanQuery>(w, hidden, max_width);
  if (mode == "mlp") return std::make_shared<SpanMlp>(w, hidden, max_width);
  if (mode == "cat") return std::make_shared<SpanConcatenation>(w, hidden, max_width);
  if (mode == "conv_conv") return std::make_shared<SpanConvolution>(w, hidden, max_width);
  if (mode == "conv_max")
    return std::make_shared<SpanWindowPooling>(w, hidden, max_width, WindowPooling::kMax);
  if (mode == "conv_mean")
    return std::make_shared<SpanWindowPooling>(w, hidden, max_width, WindowPooling::kMean);
  if (mode == "conv_sum")
    return std::make_shared<SpanWindowPooling>(w, hidden, max_width, WindowPooling::kSum);
  if (mode == "conv_share") return std::make_shared<SpanSharedConvolution>(w, hidden, max_width);
  throw ModelError(fmt::format(
      "span mode '{}': expected marker, markerV0, markerV1, markerV2, query, mlp, cat, conv_conv, "
      "conv_max, conv_mean, conv_sum, conv_share or token_level",
      mode));
}

}  // namespace gliner
