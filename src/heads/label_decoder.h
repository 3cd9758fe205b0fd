#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "encoders/causal_model.h"
#include "heads/token_choice.h"
#include "nn/linear.h"

namespace gliner {

/// A language model that writes labels (gliner/modeling/decoder.py): what it knows of a span comes as vectors
/// in the place of its first tokens. Const after construction; thread-safe.
class LabelDecoder : public torch::nn::Module {
 public:
  /// w: of "transformer..." or "model...", and "lm_head.weight" unless the head is tied to the word table.
  LabelDecoder(const WeightScope& w, const EncoderConfig& config, std::int64_t known_ids);

  /// Vectors of tokens, [T, D]: what a prefix may hold beside its span's vector.
  at::Tensor embed(const std::vector<std::int32_t>& ids) const { return transformer_->embed(ids); }

  /// Logits of the first token after each prefix: prefixes [T, D], sequence b being [start[b], start[b + 1]),
  /// none of them empty -> [B, V].
  at::Tensor first_logits(const at::Tensor& prefixes, const SequenceStart& start) const;

  /// Labels as token ids without the end token, options.sequences for each prefix, those of one prefix
  /// together and the best first. Many prefixes are gone through in groups, so that the keys and values that
  /// exist at once are bounded. Throws InputError on options out of range and on prefixes that leave no
  /// positions for max_new_tokens.
  std::vector<std::vector<std::int32_t>> generate(const at::Tensor& prefixes, const SequenceStart& start,
                                                  const GenerationOptions& options) const;

  std::int64_t hidden_size() const { return head_->in(); }

 private:
  using Labels = std::vector<std::vector<std::int32_t>>;
  at::Tensor read(const at::Tensor& prefixes, const SequenceStart& start, std::vector<KvCache>& caches) const;
  at::Tensor next_logits(const std::vector<std::int32_t>& tokens, const std::vector<KvCache*>& caches) const;
  // The labels of one group. first: [B, V]; its prefixes draw from the streams `stream`, `stream` + 1, ...
  Labels one_by_one(const at::Tensor& first, std::vector<KvCache>& caches, std::size_t stream,
                    const GenerationOptions& options) const;
  Labels by_beams(const at::Tensor& first, std::vector<KvCache>& caches, std::size_t stream,
                  const GenerationOptions& options) const;

  std::shared_ptr<CausalModel> transformer_;
  std::optional<Projection> head_;  // D -> V
};

/// One span's part in its prefix.
struct LabelPrefix {
  std::int64_t vector = 0;       ///< Row of the span's vector.
  std::int64_t begin_token = 0;  ///< Its own tokens, a half-open range of rows.
  std::int64_t end_token = 0;
};

/// The prefixes of spans: zero vectors, the span's vector, its tokens, `length` rows in all. The zeros in
/// front are seen like tokens, so the reference's answers depend on the longest prefix of the batch, which is
/// `length`. vectors: [S, D], tokens: [T, D] -> [prefixes * length, D]. A span with `length` tokens or more
/// is an InternalError.
at::Tensor label_prefixes(const at::Tensor& vectors, const at::Tensor& tokens,
                          const std::vector<LabelPrefix>& prefixes, std::int64_t length);

}  // namespace gliner
