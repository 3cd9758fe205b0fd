#include "encoders/context_encoder.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include <algorithm>

#include "base/check.h"
#include "gliner/error.h"
#include "nn/index_tensor.h"
#include "nn/rows.h"

namespace gliner {

ContextEncoder::ContextEncoder(const WeightScope& w, const EncoderConfig& config, std::int64_t size) {
  const std::int64_t own = config.hidden_size;
  if (own != size) {
    input_projection_ =
        register_module("input_projection", std::make_shared<Linear>(w / "input_projection", size, own));
    output_projection_ =
        register_module("output_projection", std::make_shared<Linear>(w / "output_projection", own, size));
  }
  const WeightScope e = w / "encoder";
  if (config.model_type == "deberta-v2") {
    deberta_ = register_module("encoder", std::make_shared<DebertaV2Stack>(e, config));
  } else if (config.model_type == "modernbert") {
    modernbert_ = register_module("encoder", std::make_shared<ModernBertEncoder>(e, config, /*known_ids=*/0,
                                                                                 ModernBertInput::kVectors));
  } else if (config.model_type == "rnn") {
    const std::int64_t direction = config.bidirectional ? own / 2 : own;
    lstm_ = register_module(
        "encoder", std::make_shared<Lstm>(e, own, direction,
                                          Lstm::Options{config.num_hidden_layers, config.bidirectional}));
  } else {
    throw ModelError(
        fmt::format("context encoder kind '{}': expected deberta-v2, modernbert or rnn", config.model_type));
  }
}

at::Tensor ContextEncoder::forward(const at::Tensor& x, const SequenceStart& start) const {
  GLINER_CHECK(start.back() == x.size(0));
  at::Tensor y;  // [W, own width]
  if (input_projection_)
    y = input_projection_->forward(x);
  else if (lstm_)
    y = x;
  else  // The other stacks overwrite what they are given.
    y = new_rows(x.size(0), x.size(1), x.device()).copy_(x);
  if (deberta_) y = deberta_->forward(y, start);
  if (modernbert_) y = modernbert_->forward_vectors(y, start);
  if (lstm_) y = lstm_->forward(y, start);
  return (output_projection_ ? output_projection_->forward(y) : y).to(at::kFloat);
}

at::Tensor ContextEncoder::forward_padded(const at::Tensor& x, const SequenceStart& start,
                                          std::int64_t padded_words) const {
  SequenceStart padded = {0};
  std::vector<std::int64_t> place;  // Of each word in the padded matrix.
  for (std::size_t b = 0; b + 1 < start.size(); ++b) {
    const std::int64_t length = start[b + 1] - start[b];
    for (std::int64_t i = 0; i < length; ++i) place.push_back(padded.back() + i);
    padded.push_back(padded.back() + std::max(length, padded_words));
  }
  if (padded.back() == start.back()) return forward(x, start);
  const at::Tensor index = index_tensor(place, x.device());
  at::Tensor all = new_rows(padded.back(), x.size(1), x.device()).zero_();
  all.index_copy_(0, index, x);
  return forward(all, padded).index_select(0, index);
}

}  // namespace gliner
