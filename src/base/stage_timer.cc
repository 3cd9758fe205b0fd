#include "base/stage_timer.h"

namespace gliner {
namespace {

// Names by Stage.
constexpr const char* kNames[] = {
    "prompt",        "tokenize",      "pack",       "embedding", "query_key_value",
    "attention",     "attention_out", "up",         "down",      "layer_norm",
    "encoder_other", "pooling",       "classifier", "count",     "span_vectors",
    "span_scores",   "select",        "generate",   "decode",
};
constexpr std::size_t kStages = sizeof(kNames) / sizeof(kNames[0]);
static_assert(kStages == static_cast<std::size_t>(Stage::kDecode) + 1);

thread_local Profile* current = nullptr;

}  // namespace

Profile::Profile() : outer_(current) {
  static_assert(kStages <= kMaxStages);
  current = this;
}

Profile::~Profile() { current = outer_; }

std::vector<StageTime> Profile::stages() const {
  std::vector<StageTime> stages;
  for (std::size_t i = 0; i < kStages; ++i)
    if (sums_[i].calls > 0)
      stages.push_back(
          {kNames[i], std::chrono::duration<double, std::milli>(sums_[i].time).count(), sums_[i].calls});
  return stages;
}

StageTimer::StageTimer(Stage stage) : profile_(current) {
  if (!profile_) return;
  const auto now = std::chrono::steady_clock::now();
  outer_ = profile_->running_;
  if (outer_ >= 0) profile_->sums_[static_cast<std::size_t>(outer_)].time += now - profile_->since_;
  profile_->running_ = static_cast<int>(stage);
  profile_->since_ = now;
}

StageTimer::~StageTimer() {
  if (!profile_) return;
  const auto now = std::chrono::steady_clock::now();
  Profile::Sum& sum = profile_->sums_[static_cast<std::size_t>(profile_->running_)];
  sum.time += now - profile_->since_;
  ++sum.calls;
  profile_->running_ = outer_;
  profile_->since_ = now;
}

}  // namespace gliner
