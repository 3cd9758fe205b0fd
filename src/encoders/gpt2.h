#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "config/encoder_config.h"
#include "nn/attention.h"
#include "nn/embedding.h"
#include "nn/kv_cache.h"
#include "nn/layer_norm.h"
#include "nn/linear.h"

namespace gliner {

/// GPT-2 (Radford et al. 2019; transformers, modeling_gpt2.py): reads from left to right, so that what it
/// made of earlier tokens stays valid and is kept in a cache. Const after construction; thread-safe with one
/// cache per sequence.
class Gpt2 : public torch::nn::Module {
 public:
  /// w: of "wte.weight", "h.0...". Ids below `known_ids` without a row in the file have a zero vector.
  Gpt2(const WeightScope& w, const EncoderConfig& config, std::int64_t known_ids);

  /// One vector per id, [T, H], without its position.
  at::Tensor embed(const std::vector<std::int32_t>& ids) const { return words_->forward(ids); }

  /// x: [T, H] vectors of new tokens (embed, or others in their place), packed: those of sequence b are
  /// [start[b], start[b + 1]) and follow what caches[b] holds; they are added to it. Without caches (empty)
  /// every sequence begins at its first position. -> [T, H].
  at::Tensor forward(const at::Tensor& x, const SequenceStart& start,
                     const std::vector<KvCache*>& caches = {}) const;

  /// The word table [V, H] float32, to which a language model's head may be tied.
  at::Tensor word_table() const { return words_->table(); }

  /// Longest sequence that there are positions for.
  std::int64_t max_sequence_tokens() const { return positions_->rows(); }
  std::int64_t vocab_size() const { return words_->rows(); }

 private:
  struct Layer {
    std::shared_ptr<LayerNorm> attention_norm, norm;
    std::optional<Projection> qkv, attention_out, up, down;
    double scale = 1;
  };
  Layer bind_layer(const WeightScope& w, const EncoderConfig& config, std::int64_t index);
  Projection bind_transposed(const WeightScope& w, const std::string& path, std::int64_t in, std::int64_t out,
                             std::optional<Activation> activation);
  at::Tensor attend(std::size_t layer, const at::Tensor& qkv, const SequenceStart& start,
                    const std::vector<KvCache*>& caches) const;

  std::int64_t heads_;
  std::shared_ptr<Embedding> words_, positions_;
  std::vector<Layer> layers_;
  std::shared_ptr<LayerNorm> final_norm_;
};

}  // namespace gliner
