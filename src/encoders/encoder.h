#pragma once

#include <torch/nn/module.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "config/encoder_config.h"
#include "nn/attention.h"
#include "nn/token_ids.h"
#include "nn/weight_scope.h"

namespace gliner {

/// Receives what each layer of an encoder makes of its tokens, [T, H], in their order; the last one is the
/// encoder's result, normalised where the family normalises it. The memory is written again afterwards.
using LayerSink = std::function<void(const at::Tensor&)>;

/// What a caller reads of a forward pass.
struct EncoderReads {
  LayerSink layers;  ///< Empty: the result only.
  /// Tokens whose vectors are read, ascending, each once; null: all. The others' vectors may then be zero:
  /// the last layer mixes no tokens behind its attention and is not computed for them. No effect together
  /// with `layers`.
  const std::vector<std::int64_t>* tokens = nullptr;

  /// `tokens` where they make a difference among `count` of them; else null.
  const std::vector<std::int64_t>* some_of(std::int64_t count) const {
    return !layers && tokens != nullptr && static_cast<std::int64_t>(tokens->size()) < count ? tokens
                                                                                             : nullptr;
  }
};

/// A transformer encoder: token ids in, one vector per token out. Knows no model family and no prompt. Its
/// modules carry the checkpoint's names. Const after construction; `forward` is thread-safe.
class Encoder : public torch::nn::Module {
 public:
  /// ids: T token ids, packed without padding; sequence b is [start[b], start[b + 1]). -> [T, H] float32, the
  /// tokens that are not read perhaps zero.
  virtual at::Tensor forward(const TokenIds& ids, const SequenceStart& start,
                             const EncoderReads& reads = {}) const = 0;

  /// The same with padding behind the tokens: of sequence b only the first visible[b] tokens are attended to,
  /// the others see those and get vectors of their own. For what the reference takes over the padding too.
  /// False, and nothing done, where the family does not offer it.
  virtual bool forward_padded(const std::vector<std::int32_t>& ids, const SequenceStart& start,
                              const std::vector<std::int64_t>& visible, const LayerSink& layers) const;

  /// What TokenIds::places holds for each token: its row in the table of positions, or its place in its
  /// sequence. Empty: the encoder needs neither.
  virtual std::vector<std::int32_t> positions(const std::vector<std::int32_t>& ids,
                                              const SequenceStart& start) const;

  /// AttentionTiles::rows of what TokenIds::places holds. 0: `forward` reads nothing there, and what it does
  /// depends on `start`.
  virtual std::int64_t card_tile_rows() const { return 0; }

  /// Ids that `forward` takes are below this.
  virtual std::int64_t known_ids() const = 0;

  /// Longest sequence in tokens; 0: any. A longer one has no position embedding.
  virtual std::int64_t max_sequence_tokens() const = 0;

  /// Rows of the word embedding in the file.
  virtual std::int64_t vocab_size() const = 0;
};

/// Builds the encoder that `config.model_type` names from the tensors below `w`. Ids below `known_ids` are
/// accepted even where the file has no row for them: their word vector is zero. Throws ModelError on a kind
/// that is not supported and on weights that do not fit.
std::shared_ptr<Encoder> make_encoder(const WeightScope& w, const EncoderConfig& config,
                                      std::int64_t known_ids);

}  // namespace gliner
