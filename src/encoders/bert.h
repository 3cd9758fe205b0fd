#pragma once

#include "encoders/encoder.h"
#include "encoders/post_norm_layer.h"
#include "nn/embedding.h"
#include "nn/layer_norm.h"

namespace gliner {

/// How tokens are numbered for the position embedding.
enum class BertPositions {
  kFromZero,       ///< BERT: 0, 1, 2, ...
  kBehindPadding,  ///< RoBERTa: pad + 1, pad + 2, ...; the pad token itself stays at pad and is not counted.
};

/// BERT and its relatives with the same tensors (transformers, modeling_bert.py and modeling_roberta.py). The
/// pooler is not computed.
class BertEncoder : public Encoder {
 public:
  BertEncoder(const WeightScope& w, const EncoderConfig& config, std::int64_t known_ids,
              BertPositions positions);

  at::Tensor forward(const TokenIds& ids, const SequenceStart& start,
                     const EncoderReads& reads = {}) const override;
  bool forward_padded(const std::vector<std::int32_t>& ids, const SequenceStart& start,
                      const std::vector<std::int64_t>& visible, const LayerSink& layers) const override;
  std::int64_t max_sequence_tokens() const override;
  std::int64_t vocab_size() const override { return words_->rows(); }
  std::int64_t known_ids() const override { return words_->ids(); }
  std::vector<std::int32_t> positions(const std::vector<std::int32_t>& ids,
                                      const SequenceStart& start) const override;
  std::int64_t card_tile_rows() const override { return tile_rows_; }

 private:
  at::Tensor embed(const TokenIds& ids, const SequenceStart& start) const;  // [T, H]
  at::Tensor run(const TokenIds& ids, const SequenceStart& start, const AttentionOptions& attention,
                 const EncoderReads& reads) const;

  BertPositions numbering_;
  std::int32_t pad_id_;
  std::int64_t tile_rows_;
  AttentionOptions attention_;
  std::shared_ptr<Embedding> words_, positions_, token_types_;
  std::shared_ptr<LayerNorm> norm_;
  std::vector<std::shared_ptr<PostNormLayer>> layers_;
};

}  // namespace gliner
