#pragma once

#include "gliner/profile.h"

namespace gliner {

/// What a Profile tells apart, in the order of the data's way.
enum class Stage {
  kPrompt,
  kTokenize,
  kPack,
  kEmbedding,
  kQueryKeyValue,
  kAttention,
  kAttentionOut,
  kUp,
  kDown,
  kLayerNorm,
  kEncoderOther,
  kPooling,
  kClassifier,
  kCount,
  kSpanVectors,
  kSpanScores,
  kSelect,
  kGenerate,
  kDecode,
};

/// Adds its lifetime, less that of timers inside it, to a stage of the calling thread's Profile. Costs a
/// thread-local load where there is none.
class StageTimer {
 public:
  explicit StageTimer(Stage stage);
  ~StageTimer();
  StageTimer(const StageTimer&) = delete;
  StageTimer& operator=(const StageTimer&) = delete;

 private:
  Profile* profile_;
  int outer_ = -1;
};

/// `work()`, timed.
template <typename Work>
auto timed(Stage stage, Work&& work) {
  const StageTimer timer(stage);
  return work();
}

}  // namespace gliner
