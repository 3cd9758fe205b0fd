#pragma once

#include "encoders/encoder.h"
#include "nn/embedding.h"
#include "nn/linear.h"
#include "nn/rms_norm.h"

namespace gliner {

/// The encoder of T5, T5 v1.1 and mT5 (Raffel et al. 2020; transformers, modeling_t5.py): root mean square
/// norms before each block, scores without a scale and with a learned bias for the distance of query and key,
/// which the first layer holds for all, and no biases otherwise.
class T5Encoder : public Encoder {
 public:
  T5Encoder(const WeightScope& w, const EncoderConfig& config, std::int64_t known_ids);

  at::Tensor forward(const TokenIds& ids, const SequenceStart& start,
                     const EncoderReads& reads = {}) const override;
  std::int64_t max_sequence_tokens() const override { return 0; }
  std::int64_t vocab_size() const override { return words_->rows(); }
  std::int64_t known_ids() const override { return words_->ids(); }

 private:
  struct Layer {
    std::shared_ptr<RmsNorm> attention_norm, norm;
    std::shared_ptr<Linear> query, key, value, attention_out;
    std::shared_ptr<Linear> gate;  // Null without a gated feed-forward block.
    std::shared_ptr<Linear> up, down;
  };
  Layer bind_layer(const WeightScope& w, const EncoderConfig& config, std::int64_t index);

  /// The bias of all distances j - i in [1 - length, length - 1] of query i and key j:
  /// [heads, 2 * length - 1].
  at::Tensor distance_bias(std::int64_t length) const;
  at::Tensor attend(const Layer& layer, const at::Tensor& x, const SequenceStart& start,
                    const at::Tensor& bias) const;

  std::int64_t heads_, buckets_, max_distance_;
  std::shared_ptr<Embedding> words_;
  at::Tensor bias_;  // [buckets, heads]
  std::vector<Layer> layers_;
  std::shared_ptr<RmsNorm> final_norm_;
};

/// Bucket of each distance (key's position minus query's): half of the buckets for keys behind the query,
/// half for keys before it; near ones one by one, farther ones in logarithmic steps up to max_distance.
/// distances: [N], any integer type -> [N] int64.
at::Tensor t5_buckets(const at::Tensor& distances, std::int64_t buckets, std::int64_t max_distance);

}  // namespace gliner
