#include "heads/token_choice.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace gliner {
namespace {

// NumericalStabilityProcessor's bounds and epsilon. The latter is lost in most sums; it is there because the
// former is compared with it.
constexpr float kBound = 1e9F;
constexpr float kEpsilon = 1e-6F;

}  // namespace

TokenChoice::TokenChoice(const GenerationOptions& options, std::uint64_t stream) : options_(options) {
  std::seed_seq seed{static_cast<std::uint32_t>(options.seed), static_cast<std::uint32_t>(options.seed >> 32),
                     static_cast<std::uint32_t>(stream), static_cast<std::uint32_t>(stream >> 32)};
  random_.seed(seed);
}

void TokenChoice::process(std::vector<float>& scores, const std::vector<std::int32_t>& prefix) const {
  if (options_.labels) {
    std::vector<std::int32_t> allowed = options_.labels->next(prefix);
    if (allowed.empty()) allowed = {options_.end_token};
    std::vector<float> kept(scores.size(), -std::numeric_limits<float>::infinity());
    for (const std::int32_t token : allowed)
      if (token >= 0 && static_cast<std::size_t>(token) < scores.size())
        kept[static_cast<std::size_t>(token)] = scores[static_cast<std::size_t>(token)];
    scores = std::move(kept);
  }
  for (float& score : scores) score = std::clamp(score, -kBound, kBound) + kEpsilon;
  if (!options_.sample) return;

  for (float& score : scores) score = static_cast<float>(score / options_.temperature);
  // Beams need a second token to go on with where the first one ends the label.
  const std::int64_t least = options_.sequences > 1 ? 2 : 1;
  const auto limit = static_cast<std::size_t>(std::max(options_.top_tokens, least));
  if (options_.top_tokens <= 0 || limit >= scores.size()) return;
  std::vector<float> sorted = scores;
  std::nth_element(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(limit) - 1, sorted.end(),
                   std::greater<>());
  const float last = sorted[limit - 1];
  for (float& score : scores)
    if (score < last) score = -std::numeric_limits<float>::infinity();
}

std::vector<std::size_t> TokenChoice::choose(const std::vector<float>& scores, std::size_t count) {
  count = std::min(count, scores.size());
  // Adding Gumbel noise and taking the largest draws without replacement (Vieira 2014; Kool et al. 2019).
  std::vector<float> keys = scores;
  if (options_.sample)
    for (float& key : keys) {
      constexpr double kUnit = 1.0 / 9007199254740992.0;  // 2^-53
      const double uniform = (static_cast<double>(random_() >> 11) + 0.5) * kUnit;
      key = static_cast<float>(key - std::log(-std::log(uniform)));
    }
  std::vector<std::size_t> order(keys.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::partial_sort(
      order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
      [&](std::size_t a, std::size_t b) { return keys[a] > keys[b] || (keys[a] == keys[b] && a < b); });
  order.resize(count);
  return order;
}

}  // namespace gliner
