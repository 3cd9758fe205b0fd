#include "engine/batch_planner.h"

#include <algorithm>
#include <numeric>

namespace gliner {

std::vector<Batch> plan_batches(const std::vector<std::int64_t>& tokens, const BatchLimits& limits) {
  std::vector<std::size_t> order(tokens.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&tokens](std::size_t a, std::size_t b) { return tokens[a] > tokens[b]; });

  std::vector<Batch> batches;
  std::int64_t batch_tokens = 0;
  for (const std::size_t index : order) {
    const bool full =
        !batches.empty() && (static_cast<std::int64_t>(batches.back().size()) >= limits.max_sequences ||
                             batch_tokens + tokens[index] > limits.max_tokens);
    if (batches.empty() || full) {
      batches.emplace_back();
      batch_tokens = 0;
    }
    batches.back().push_back(index);
    batch_tokens += tokens[index];
  }
  return batches;
}

std::vector<Batch> consecutive_batches(std::size_t count, const BatchLimits& limits) {
  std::vector<Batch> batches;
  for (std::size_t index = 0; index < count; ++index) {
    if (batches.empty() || static_cast<std::int64_t>(batches.back().size()) >= limits.max_sequences) {
      batches.emplace_back();
    }
    batches.back().push_back(index);
  }
  return batches;
}

std::vector<Batch> batches_of(const std::vector<std::unique_ptr<Job>>& jobs, std::size_t begin,
                              std::size_t end, const Family& family, const BatchLimits& limits) {
  std::vector<std::size_t> running;
  std::vector<std::int64_t> tokens;
  for (std::size_t i = begin; i < end; ++i) {
    if (jobs[i]->tokens == 0) continue;
    running.push_back(i);
    tokens.push_back(jobs[i]->tokens);
  }
  std::vector<Batch> batches =
      family.batches_matter() ? consecutive_batches(running.size(), limits) : plan_batches(tokens, limits);
  for (Batch& batch : batches)
    for (std::size_t& member : batch) member = running[member];
  return batches;
}

}  // namespace gliner
