#include "encoders/bert.h"

#include <fmt/format.h>

#include <cmath>

#include "base/stage_timer.h"
#include "nn/module_path.h"
#include "nn/rows.h"

namespace gliner {

BertEncoder::BertEncoder(const WeightScope& w, const EncoderConfig& config, std::int64_t known_ids,
                         BertPositions positions)
    : numbering_(positions),
      pad_id_(static_cast<std::int32_t>(config.pad_token_id)),
      tile_rows_(
          attention_tile_rows(config.hidden_size / config.num_attention_heads, element_on_card(w.dtype()))) {
  const std::int64_t hidden = config.hidden_size;
  attention_.heads = config.num_attention_heads;
  attention_.scale = 1.0 / std::sqrt(static_cast<double>(hidden / config.num_attention_heads));

  const WeightScope e = w / "embeddings";
  const auto table = [&](const std::string& name, std::int64_t rows, std::int64_t known) {
    return register_at(*this, "embeddings." + name,
                       std::make_shared<Embedding>(e / name, rows, hidden, known));
  };
  words_ = table("word_embeddings", kAnySize, known_ids);
  positions_ = table("position_embeddings", config.max_position_embeddings, 0);
  token_types_ = table("token_type_embeddings", config.type_vocab_size, 0);
  norm_ = register_at(*this, "embeddings.LayerNorm",
                      std::make_shared<LayerNorm>(e / "LayerNorm", hidden, config.layer_norm_eps));
  e.not_needed("position_ids", "a constant 0, 1, 2, ...");
  e.not_needed("token_type_ids", "a constant 0, 0, 0, ...");
  w.not_needed("pooler.dense.weight", "the pooler's output is not used");
  w.not_needed("pooler.dense.bias", "the pooler's output is not used");

  const std::vector<Linear::Part> projections = {{"query", hidden}, {"key", hidden}, {"value", hidden}};
  for (std::int64_t i = 0; i < config.num_hidden_layers; ++i) {
    const std::string name = fmt::format("encoder.layer.{}", i);
    layers_.push_back(
        register_at(*this, name, std::make_shared<PostNormLayer>(w / name, config, projections)));
  }
}

std::int64_t BertEncoder::max_sequence_tokens() const {
  return numbering_ == BertPositions::kFromZero ? positions_->rows() : positions_->rows() - pad_id_ - 1;
}

std::vector<std::int32_t> BertEncoder::positions(const std::vector<std::int32_t>& ids,
                                                 const SequenceStart& start) const {
  std::vector<std::int32_t> positions(ids.size());
  for (std::size_t b = 0; b + 1 < start.size(); ++b) {
    std::int32_t next = numbering_ == BertPositions::kFromZero ? 0 : pad_id_ + 1;
    for (auto t = static_cast<std::size_t>(start[b]); t < static_cast<std::size_t>(start[b + 1]); ++t) {
      const bool padding = numbering_ == BertPositions::kBehindPadding && ids[t] == pad_id_;
      positions[t] = padding ? pad_id_ : next++;
    }
  }
  return positions;
}

at::Tensor BertEncoder::forward(const TokenIds& ids, const SequenceStart& start,
                                const EncoderReads& reads) const {
  AttentionOptions attention = attention_;
  if (ids.places) attention.tiles = &ids.places->attention;
  return run(ids, start, attention, reads);
}

bool BertEncoder::forward_padded(const std::vector<std::int32_t>& ids, const SequenceStart& start,
                                 const std::vector<std::int64_t>& visible, const LayerSink& layers) const {
  AttentionOptions attention = attention_;
  attention.visible = &visible;
  run(ids, start, attention, {layers});
  return true;
}

at::Tensor BertEncoder::embed(const TokenIds& ids, const SequenceStart& start) const {
  at::Tensor x = words_->forward(ids);  // [T, H]
  token_types_->add_one_to(x, 0);
  if (ids.places)
    positions_->add_to(x, {{}, ids.places->positions});
  else
    positions_->add_to(x, positions(ids.host, start));
  return norm_->forward(x, x);
}

at::Tensor BertEncoder::run(const TokenIds& ids, const SequenceStart& start,
                            const AttentionOptions& attention, const EncoderReads& reads) const {
  at::Tensor x = timed(Stage::kEmbedding, [&] { return embed(ids, start); });  // [T, H]
  const std::vector<std::int64_t>* tokens = reads.some_of(x.size(0));
  LayerBuffers buffers;
  for (const auto& layer : layers_) {
    x = layer->forward(x, start, attention, buffers, layer == layers_.back() ? tokens : nullptr);
    if (reads.layers) reads.layers(x);
  }
  return tokens != nullptr ? put_rows(x, *tokens, start.back()) : x;
}

}  // namespace gliner
