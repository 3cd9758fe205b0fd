#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "engine/family.h"

namespace gliner {

/// Indices of what runs together.
using Batch = std::vector<std::size_t>;

/// Limits of one forward pass.
struct BatchLimits {
  std::int64_t max_sequences = 8;
  /// Tokens of a batch together; a single longer text is a batch of its own.
  /// A CPU's products gain nothing from more than some hundred rows, so more would only take memory.
  std::int64_t max_tokens = 2048;
};

/// Divides texts of the given token counts into batches. Longest first, so that neighbours in a batch are of
/// similar length (attention tasks stay balanced) and the largest allocation comes first; equal lengths keep
/// their order. Every index stands in exactly one batch. Pure function.
std::vector<Batch> plan_batches(const std::vector<std::int64_t>& tokens, const BatchLimits& limits);

/// `count` texts in their own order, `limits.max_sequences` to a batch whatever their lengths: the
/// reference's batches, for models whose answers depend on them.
std::vector<Batch> consecutive_batches(std::size_t count, const BatchLimits& limits);

/// The batches of the jobs [begin, end) of `jobs` that have something to run, as indices into `jobs`: those
/// of `consecutive_batches` where batches matter to the family's answers, else those of `plan_batches`.
std::vector<Batch> batches_of(const std::vector<std::unique_ptr<Job>>& jobs, std::size_t begin,
                              std::size_t end, const Family& family, const BatchLimits& limits);

}  // namespace gliner
