#pragma once

#include "encoders/encoder.h"
#include "nn/embedding.h"
#include "nn/gated_linear.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"

namespace gliner {

/// What a ModernBERT stack is given.
enum class ModernBertInput {
  kIds,      ///< Token ids, looked up in its own table.
  kVectors,  ///< Vectors in their place (inputs_embeds); a table in the file is not used.
};

/// ModernBERT (Warner et al. 2024; transformers, modeling_modernbert.py): normalisation before each block,
/// rotary positions, gated feed-forward blocks, and attention over all tokens or a window of them by layer.
class ModernBertEncoder : public Encoder {
 public:
  ModernBertEncoder(const WeightScope& w, const EncoderConfig& config, std::int64_t known_ids,
                    ModernBertInput input = ModernBertInput::kIds);

  at::Tensor forward(const TokenIds& ids, const SequenceStart& start,
                     const EncoderReads& reads = {}) const override;
  /// x: [T, H], in the place of word embeddings -> [T, H]. May overwrite x.
  at::Tensor forward_vectors(at::Tensor x, const SequenceStart& start, const EncoderReads& reads = {}) const;
  std::int64_t max_sequence_tokens() const override { return 0; }
  std::int64_t vocab_size() const override { return words_->rows(); }

 private:
  struct Layer {
    bool global = true;
    std::shared_ptr<LayerNorm>
        attention_norm;  // Null in the first layer: the embeddings are normalised already.
    std::shared_ptr<LayerNorm> norm;
    std::shared_ptr<Linear> qkv, attention_out, down;
    std::shared_ptr<GatedLinear> up;
  };
  Layer bind_layer(const WeightScope& w, const EncoderConfig& config, std::int64_t index);

  AttentionOptions global_attention_, local_attention_;
  double global_theta_, local_theta_;
  std::int64_t head_size_;
  std::shared_ptr<Embedding> words_;
  std::shared_ptr<LayerNorm> embedding_norm_, final_norm_;
  std::vector<Layer> layers_;
};

}  // namespace gliner
