#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "config/encoder_config.h"
#include "nn/attention.h"
#include "nn/embedding.h"
#include "nn/kv_cache.h"
#include "nn/weight_scope.h"

namespace gliner {

/// A language model without its head: it reads from left to right, so that what it made of earlier tokens
/// stays valid and is kept in a cache. Const after construction; thread-safe with one cache per sequence.
class CausalModel : public torch::nn::Module {
 public:
  /// One vector per id, [T, H], without its position.
  at::Tensor embed(const std::vector<std::int32_t>& ids) const { return words_->forward(ids); }

  /// x: [T, H] vectors of new tokens (embed, or others in their place), packed: those of sequence b are
  /// [start[b], start[b + 1]) and follow what caches[b] holds; they are added to it. Without caches (empty)
  /// every sequence begins at its first position. -> [T, H].
  virtual at::Tensor forward(const at::Tensor& x, const SequenceStart& start,
                             const std::vector<KvCache*>& caches) const = 0;

  /// The word table [V, H] float32, to which a language model's head may be tied.
  at::Tensor word_table() const { return words_->table(); }
  std::int64_t vocab_size() const { return words_->rows(); }

  /// Longest sequence that there are positions for.
  virtual std::int64_t max_sequence_tokens() const = 0;

 protected:
  /// Ids below `known_ids` without a row in the file have a zero vector.
  CausalModel(const WeightScope& words, std::int64_t hidden, std::int64_t known_ids)
      : words_(std::make_shared<Embedding>(words, kAnySize, hidden, known_ids)) {}

  std::shared_ptr<Embedding> words_;  // To be registered by the model under the name that it has there.
};

/// The model that `config` describes: gpt2, llama, qwen2, qwen3. w: of its weights without a prefix.
/// Throws ModelError.
std::shared_ptr<CausalModel> make_causal_model(const WeightScope& w, const EncoderConfig& config,
                                               std::int64_t known_ids);

/// What transformers calls the part of a language model that make_causal_model makes, beside its head.
const char* causal_model_name(const EncoderConfig& config);

/// The position of every token of x, counted from the start of its sequence (CausalModel::forward).
std::vector<std::int32_t> causal_positions(const SequenceStart& start, const std::vector<KvCache*>& caches);

}  // namespace gliner
