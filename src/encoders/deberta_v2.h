#pragma once

#include <optional>

#include "encoders/encoder.h"
#include "encoders/post_norm_layer.h"
#include "nn/embedding.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"

namespace gliner {

/// The convolution that DeBERTa-v2-xlarge puts beside its first layer (transformers, ConvLayer): a window of
/// k tokens of the embeddings goes through one matrix, is activated, added to the layer's output and
/// normalised.
class TokenConvolution : public torch::nn::Module {
 public:
  TokenConvolution(const WeightScope& w, const EncoderConfig& config);

  /// embeddings, layer_output: [T, H] -> [T, H]. A window sees zeros beyond its sequence.
  at::Tensor forward(const at::Tensor& embeddings, const at::Tensor& layer_output,
                     const SequenceStart& start) const;

 private:
  std::int64_t kernel_, groups_;
  std::vector<Projection> projections_;  // One per group: [k * H / groups] -> [H / groups]
  std::shared_ptr<LayerNorm> norm_;
};

/// The layers of DeBERTa-v2 over vectors of tokens or words. The relative embeddings depend on the checkpoint
/// alone, so they are normalised and projected once, at load. Const after construction; thread-safe.
class DebertaV2Stack : public torch::nn::Module {
 public:
  /// w: of "layer.0.attention...", "rel_embeddings" and their kin.
  DebertaV2Stack(const WeightScope& w, const EncoderConfig& config);

  /// x: [T, H] -> [T, H]. May overwrite x. `low`: the same in the type of the products, if it is there.
  /// `tiles`: AttentionOptions::tiles.
  at::Tensor forward(at::Tensor x, const SequenceStart& start, const EncoderReads& reads = {},
                     at::Tensor low = {}, const AttentionTiles* tiles = nullptr) const;

  /// See Encoder.
  std::int64_t card_tile_rows() const { return tile_rows_; }

 private:
  struct Layer {
    std::shared_ptr<PostNormLayer> module;
    std::unique_ptr<PositionTables> positions;  // Null without relative attention.
  };
  at::Tensor bind_relative_embeddings(const WeightScope& w, const EncoderConfig& config);
  Layer bind_layer(const WeightScope& w, const EncoderConfig& config, std::int64_t index,
                   const at::Tensor& relative_embeddings);

  AttentionOptions attention_;
  std::int64_t tile_rows_ = 0;
  std::shared_ptr<const RelativePositions> relative_;  // Null without relative attention.
  std::shared_ptr<TokenConvolution> convolution_;      // May be null.
  std::vector<Layer> layers_;
};

/// DeBERTa-v2 and v3 (He et al. 2021; transformers, modeling_deberta_v2.py): BERT layers whose attention adds
/// scores of relative positions.
class DebertaV2Encoder : public Encoder {
 public:
  DebertaV2Encoder(const WeightScope& w, const EncoderConfig& config, std::int64_t known_ids);

  at::Tensor forward(const TokenIds& ids, const SequenceStart& start,
                     const EncoderReads& reads = {}) const override;
  std::int64_t max_sequence_tokens() const override { return positions_ ? positions_->rows() : 0; }
  std::int64_t vocab_size() const override { return words_->rows(); }
  std::int64_t known_ids() const override { return words_->ids(); }
  std::vector<std::int32_t> positions(const std::vector<std::int32_t>& ids,
                                      const SequenceStart& start) const override;
  std::int64_t card_tile_rows() const override { return stack_->card_tile_rows(); }

 private:
  void bind_embeddings(const WeightScope& w, const EncoderConfig& config, std::int64_t known_ids);
  at::Tensor embed(const TokenIds& ids, const SequenceStart& start) const;

  c10::ScalarType element_;  // What goes into products on a card.

  std::shared_ptr<Embedding> words_, positions_, token_types_;  // The last two may be null.
  std::shared_ptr<Linear> embedding_projection_;                // Null: embeddings are as wide as the layers.
  std::shared_ptr<LayerNorm> norm_;
  std::shared_ptr<DebertaV2Stack> stack_;
};

}  // namespace gliner
