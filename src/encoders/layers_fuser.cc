#include "encoders/layers_fuser.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "base/check.h"
#include "gliner/error.h"
#include "nn/index_tensor.h"
#include "nn/rows.h"

namespace gliner {

LayersFuser::LayersFuser(const WeightScope& w, std::int64_t layers, std::int64_t hidden)
    : layers_(static_cast<std::size_t>(layers)) {
  if (layers < 2) throw ModelError("fuse_layers: expected an encoder of at least two layers, found one");
  const auto linear = [&](const char* name, std::int64_t in, std::int64_t out,
                          std::optional<Activation> activation = std::nullopt) {
    return register_module(name, std::make_shared<Linear>(w / name, in, out, Linear::Options{activation}));
  };
  squeeze_ = linear("squeeze", hidden, 1);
  down_ = linear("W1", layers, layers / 2, Activation::kRelu);
  up_ = linear("W2", layers / 2, layers);
  output_ = linear("output_projection", hidden, hidden);
}

at::Tensor LayersFuser::forward(const Encoder& encoder, const std::vector<std::int32_t>& ids,
                                const SequenceStart& start) const {
  std::vector<at::Tensor> layers;
  encoder.forward(ids, start, {[&layers](const at::Tensor& x) { layers.push_back(x.clone()); }});
  return fuse(layers, start);
}

at::Tensor LayersFuser::forward_padded(const Encoder& encoder, const std::vector<std::int32_t>& ids,
                                       const SequenceStart& start, std::int64_t padded_tokens,
                                       std::int32_t pad_id) const {
  std::vector<std::int32_t> padded_ids;
  SequenceStart padded = {0};
  std::vector<std::int64_t> visible, rows;  // Rows of the tokens among all.
  for (std::size_t b = 0; b + 1 < start.size(); ++b) {
    const std::int64_t length = start[b + 1] - start[b];
    for (std::int64_t t = 0; t < length; ++t) rows.push_back(padded.back() + t);
    visible.push_back(length);
    padded.push_back(padded.back() + std::max(length, padded_tokens));
    padded_ids.insert(padded_ids.end(), ids.begin() + start[b], ids.begin() + start[b + 1]);
    padded_ids.resize(static_cast<std::size_t>(padded.back()), pad_id);
  }
  if (padded.back() == start.back()) return forward(encoder, ids, start);
  std::vector<at::Tensor> layers;
  const auto keep = [&layers](const at::Tensor& x) { layers.push_back(x.clone()); };
  if (!encoder.forward_padded(padded_ids, padded, visible, keep)) return forward(encoder, ids, start);
  return fuse(layers, padded).index_select(0, index_tensor(rows, layers.front().device()));
}

at::Tensor LayersFuser::fuse(const std::vector<at::Tensor>& layers, const SequenceStart& start) const {
  GLINER_CHECK(layers.size() == layers_ && start.back() == layers.front().size(0));
  const at::Tensor& first = layers.front();
  const auto sequences = static_cast<std::int64_t>(start.size()) - 1;
  const auto count = static_cast<std::int64_t>(layers.size());

  // The squeeze is linear, so it may follow the mean over the tokens.
  at::Tensor means = new_rows(sequences * count, first.size(1), first.device()).zero_();  // [B * layers, H]
  for (std::int64_t b = 0; b < sequences; ++b) {
    const std::int64_t begin = start[static_cast<std::size_t>(b)];
    const std::int64_t length = start[static_cast<std::size_t>(b) + 1] - begin;
    for (std::int64_t l = 0; l < count && length > 0; ++l)
      means.select(0, b * count + l)
          .copy_(layers[static_cast<std::size_t>(l)].narrow(0, begin, length).mean(0));
  }
  const at::Tensor squeezed = squeeze_->forward(means).view({sequences, count});   // [B, layers]
  const at::Tensor weights = at::sigmoid(up_->forward(down_->forward(squeezed)));  // [B, layers]

  at::Tensor sum = new_rows(first.size(0), first.size(1), first.device()).zero_();  // [T, H]
  for (std::int64_t b = 0; b < sequences; ++b) {
    const std::int64_t begin = start[static_cast<std::size_t>(b)];
    const std::int64_t length = start[static_cast<std::size_t>(b) + 1] - begin;
    at::Tensor own = sum.narrow(0, begin, length);
    for (std::int64_t l = 0; l < count; ++l)
      own.add_(layers[static_cast<std::size_t>(l)].narrow(0, begin, length) * weights[b][l]);
  }
  return output_->forward(sum).to(at::kFloat);
}

}  // namespace gliner
