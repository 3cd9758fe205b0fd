#include "engine/cards.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <mutex>

#include "base/out_of_memory.h"
#include "engine/batch_planner.h"
#include "engine/placement.h"

namespace gliner {

Cards::Cards(const Family& family) : family_(family) {
  const Placement placement = family.placement();
  std::int64_t tokens = placement.batch_tokens;
  if (tokens == 0) {
    tokens = std::numeric_limits<std::int64_t>::max();
    for (std::size_t card = 0; card < placement.replicas; ++card)
      tokens = std::min(tokens, find_batch_tokens(family, card));
  }
  batch_tokens_ = tokens;
  for (std::size_t card = 0; card < placement.replicas; ++card)
    gates_.push_back(std::make_unique<std::shared_mutex>());
}

bool Cards::try_run(const std::vector<Job*>& batch, const ExtractOptions& options, std::size_t card,
                    bool alone) {
  std::shared_mutex& gate = *gates_.at(card);
  std::shared_lock<std::shared_mutex> among_others(gate, std::defer_lock);
  std::unique_lock<std::shared_mutex> exclusive(gate, std::defer_lock);
  if (alone)
    exclusive.lock();
  else
    among_others.lock();
  try {
    family_.run(batch, options, card);
  } catch (const OutOfMemory&) {
    return false;
  }
  return true;
}

void Cards::run(const std::vector<Job*>& batch, const ExtractOptions& options, std::size_t card) {
  if (try_run(batch, options, card, /*alone=*/false)) return;
  if (batch.size() == 1) {
    Job& job = *batch.front();
    if (try_run(batch, options, card, /*alone=*/true)) return;
    job.result = Result();
    job.result.error = fmt::format(
        "the card has no memory for this text: with its schema it is {} tokens; set max_len or use the long "
        "form",
        job.tokens);
    return;
  }
  std::vector<std::int64_t> tokens;
  std::int64_t sum = 0;
  for (const Job* job : batch) {
    tokens.push_back(job->tokens);
    sum += job->tokens;
  }
  // The least: another thread may have found a smaller one meanwhile.
  std::int64_t known = batch_tokens_;
  while (known > sum / 2 && !batch_tokens_.compare_exchange_weak(known, std::max<std::int64_t>(1, sum / 2))) {
  }
  BatchLimits limits;
  limits.max_sequences = std::numeric_limits<std::int64_t>::max();
  limits.max_tokens = std::min<std::int64_t>(batch_tokens_, sum / 2);
  for (const std::vector<std::size_t>& members : plan_batches(tokens, limits)) {
    std::vector<Job*> part;
    for (const std::size_t member : members) part.push_back(batch[member]);
    run(part, options, card);
  }
}

}  // namespace gliner
