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

/// What a label decoder reads of spans before it writes: of each some zero vectors, then rows of its own. The
/// zeros are seen like tokens and take positions; as nothing comes before them, they are computed once for
/// all.
struct LabelPrefixes {
  at::Tensor vectors;               ///< [T, D] the rows of all prefixes
  SequenceStart start;              ///< Those of prefix b are [start[b], start[b + 1]), at least one.
  std::vector<std::int64_t> zeros;  ///< Zero vectors in front of each prefix; empty: none anywhere.

  std::size_t size() const { return start.empty() ? 0 : start.size() - 1; }
  std::int64_t zeros_of(std::size_t b) const { return zeros.empty() ? 0 : zeros[b]; }
  /// Positions that prefix b takes.
  std::int64_t length(std::size_t b) const { return zeros_of(b) + start[b + 1] - start[b]; }
};

/// A language model that writes labels (gliner/modeling/decoder.py): what it knows of a span comes as vectors
/// in the place of its first tokens. Const after construction; thread-safe.
class LabelDecoder : public torch::nn::Module {
 public:
  /// w: of "transformer..." or "model...", and "lm_head.weight" unless the head is tied to the word table.
  LabelDecoder(const WeightScope& w, const EncoderConfig& config, std::int64_t known_ids);

  /// Vectors of tokens, [T, D]: what a prefix may hold beside its span's vector.
  at::Tensor embed(const std::vector<std::int32_t>& ids) const { return transformer_->embed(ids); }

  /// Logits of the first token after each of B prefixes: [B, V].
  at::Tensor first_logits(const LabelPrefixes& prefixes) const;

  /// Labels as token ids without the end token, options.sequences for each prefix, those of one prefix
  /// together and the best first. Many prefixes are gone through in groups, so that the keys and values that
  /// exist at once are bounded. Throws InputError on options out of range and on prefixes that leave no
  /// positions for max_new_tokens.
  std::vector<std::vector<std::int32_t>> generate(const LabelPrefixes& prefixes,
                                                  const GenerationOptions& options) const;

  std::int64_t hidden_size() const { return head_->in(); }

 private:
  using Labels = std::vector<std::vector<std::int32_t>>;
  KvCache read_zeros(const LabelPrefixes& prefixes) const;
  /// The prefixes [begin, end) behind what is in `zeros`: fills a cache for each. -> [end - begin, V].
  at::Tensor read(const LabelPrefixes& prefixes, std::size_t begin, std::size_t end, const KvCache& zeros,
                  std::vector<KvCache>& caches) const;
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

/// The prefixes of spans: zero vectors, the span's vector, its tokens, `length` in all. The zeros in front
/// are seen like tokens, so the reference's answers depend on the longest prefix of the batch, which is
/// `length`. vectors: [S, D], tokens: [T, D]. A span with `length` tokens or more is an InternalError.
LabelPrefixes label_prefixes(const at::Tensor& vectors, const at::Tensor& tokens,
                             const std::vector<LabelPrefix>& prefixes, std::int64_t length);

}  // namespace gliner
