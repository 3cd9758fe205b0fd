#include "heads/beam_search.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace gliner {
namespace {

// transformers' stand-in for a score of minus infinity that can be added to. Float32 sums with it lose the
// score itself, which is meant.
constexpr float kNever = -1e9F;

}  // namespace

void normalise_scores(std::vector<float>& logits) {
  const float most = *std::max_element(logits.begin(), logits.end());
  double sum = 0;
  for (const float logit : logits) sum += std::exp(static_cast<double>(logit - most));
  const auto shift = static_cast<float>(most + std::log(sum));
  for (float& logit : logits) logit -= shift;
}

BeamSearch::BeamSearch(const GenerationOptions& options, std::uint64_t stream)
    : options_(options), choice_(options, stream) {
  const auto count = static_cast<std::size_t>(options.sequences);
  running_.resize(count);
  // All beams begin alike, so only the first one may be gone on from.
  for (std::size_t b = 1; b < count; ++b) running_[b].score = kNever;
  finished_.assign(count, Finished{{}, kNever});
}

void BeamSearch::step(const std::vector<std::vector<float>>& logits) {
  const std::size_t count = running_.size();
  GLINER_CHECK(!done_ && logits.size() == count);
  const std::size_t vocabulary = logits.front().size();
  std::vector<float> totals;  // [beams * V]
  totals.reserve(count * vocabulary);
  for (std::size_t b = 0; b < count; ++b) {
    std::vector<float> scores = logits[b];
    normalise_scores(scores);
    choice_.process(scores, running_[b].tokens);
    for (const float score : scores) totals.push_back(score + running_[b].score);
  }

  // Twice as many as beams, so that enough go on even if the best of each beam ends it.
  std::vector<Beam> candidates;
  std::vector<bool> ended;
  ++length_;
  for (const std::size_t place : choice_.choose(totals, 2 * count)) {
    const std::size_t parent = place / vocabulary;
    const auto token = static_cast<std::int32_t>(place % vocabulary);
    Beam beam{running_[parent].tokens, totals[place], parent};
    beam.tokens.push_back(token);
    candidates.push_back(std::move(beam));
    ended.push_back(token == options_.end_token || length_ >= options_.max_new_tokens);
  }
  merge(candidates, ended);

  std::vector<Beam> going_on = candidates;
  for (std::size_t c = 0; c < candidates.size(); ++c)
    if (ended[c]) going_on[c].score += kNever;
  std::stable_sort(going_on.begin(), going_on.end(),
                   [](const Beam& a, const Beam& b) { return a.score > b.score; });
  going_on.resize(std::min(count, going_on.size()));
  running_ = std::move(going_on);

  // Over when no running beam can overtake the worst finished label, even if it did not get any worse.
  const float best = running_.front().score / static_cast<float>(length_);
  const auto by_score = [](const Finished& a, const Finished& b) { return a.score < b.score; };
  const float worst = std::min_element(finished_.begin(), finished_.end(), by_score)->score;
  const bool can_improve = std::any_of(finished_.begin(), finished_.end(), [&](const Finished& label) {
    return best > (label.ended ? worst : kNever);
  });
  done_ = !can_improve || std::all_of(ended.begin(), ended.end(), [](bool e) { return e; });
}

void BeamSearch::merge(const std::vector<Beam>& candidates, const std::vector<bool>& ended) {
  const std::size_t count = finished_.size();
  std::vector<Finished> all = std::move(finished_);
  for (std::size_t c = 0; c < candidates.size(); ++c) {
    // The second half is there to go on with only.
    const bool counts = ended[c] && c < count;
    const float score = candidates[c].score / static_cast<float>(length_) + (counts ? 0 : kNever);
    all.push_back({candidates[c].tokens, score, counts});
  }
  std::stable_sort(all.begin(), all.end(),
                   [](const Finished& a, const Finished& b) { return a.score > b.score; });
  all.resize(count);
  finished_ = std::move(all);
}

std::vector<std::vector<std::int32_t>> BeamSearch::labels() const {
  std::vector<std::vector<std::int32_t>> labels;
  for (const Finished& label : finished_) {
    labels.push_back(label.tokens);
    const auto end = std::find(labels.back().begin(), labels.back().end(), options_.end_token);
    labels.back().erase(end, labels.back().end());
  }
  return labels;
}

}  // namespace gliner
