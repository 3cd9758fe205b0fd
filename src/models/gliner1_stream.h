#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "models/gliner1_modules.h"
#include "nn/kv_cache.h"

namespace gliner {

/// What a streaming model remembers of a growing text (gliner/streaming.py and StreamingSpanGLiNER's
/// sessions): keys and values, word states, label vectors and the logits of every span.
class Gliner1Stream : public SpanStream {
 public:
  /// All must outlive the stream.
  Gliner1Stream(const Gliner1Config& config, const Gliner1Modules& modules, const ModelReport& report,
                const RunResources& resources);

  SpanOutput restart(const SpanBatch& batch) override;
  SpanOutput extend(const SpanBatch& batch) override;

 private:
  struct State {
    KvCache cache;
    at::Tensor words;     // [W, H] as pooled
    SpanQueries queries;  // P labels, projected
    std::map<std::pair<std::int64_t, std::int64_t>, std::vector<float>>
        logits;  // By first and last word: [P]
  };

  void read_words(State& state, const SpanBatch& batch, at::Tensor& tokens) const;
  void score(State& state, std::int64_t first_end) const;
  SpanOutput select(const State& state, const SpanSequence& sequence, bool class_scores) const;

  const Gliner1Config& config_;
  const Gliner1Modules& modules_;
  const ModelReport& report_;
  RunResources resources_;
  State state_;
};

}  // namespace gliner
