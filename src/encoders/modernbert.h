#pragma once

#include <functional>

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
  /// x: [T, H], in the place of word embeddings -> [T, H]. May overwrite x. `places`: TokenIds::places.
  at::Tensor forward_vectors(at::Tensor x, const SequenceStart& start, const EncoderReads& reads = {},
                             const TokenPlaces* places = nullptr) const;
  std::int64_t max_sequence_tokens() const override { return 0; }
  std::int64_t vocab_size() const override { return words_->rows(); }
  std::int64_t known_ids() const override { return words_->ids(); }
  std::vector<std::int32_t> positions(const std::vector<std::int32_t>& ids,
                                      const SequenceStart& start) const override;
  std::int64_t card_tile_rows() const override { return tile_rows_; }

 private:
  struct Layer {
    bool global = true;
    std::shared_ptr<LayerNorm>
        attention_norm;  // Null in the first layer: the embeddings are normalised already.
    std::shared_ptr<LayerNorm> norm;
    std::shared_ptr<Linear> qkv, attention_out, down;
    std::shared_ptr<GatedLinear> up;
  };
  // Turns query and key of [T, 3H] by the tokens' positions.
  using Turn = std::function<void(at::Tensor& qkv)>;
  Turn turn_of(double theta, const at::Tensor& frequencies, const SequenceStart& start,
               const TokenPlaces* places) const;
  Layer bind_layer(const WeightScope& w, const EncoderConfig& config, std::int64_t index);

  AttentionOptions global_attention_, local_attention_;
  double global_theta_, local_theta_;
  std::int64_t head_size_, tile_rows_;
  at::Tensor global_frequencies_, local_frequencies_;  // Cards: rotary_frequencies
  std::shared_ptr<Embedding> words_;
  std::shared_ptr<LayerNorm> embedding_norm_, final_norm_;
  std::vector<Layer> layers_;
};

}  // namespace gliner
