#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <vector>

#include "engine/family.h"

namespace gliner {

/// The cards that a family runs on: how many tokens they take at once, and what happens when that was too
/// much. Thread-safe.
class Cards {
 public:
  /// Finds the tokens of a forward pass by trial unless the placement says them. `family` must outlive this.
  explicit Cards(const Family& family);

  std::size_t size() const { return gates_.size(); }

  /// Tokens of one forward pass at present. Falls when a card ran out of memory, and never rises.
  std::int64_t batch_tokens() const { return batch_tokens_; }

  /// The card for a batch that may run on any.
  std::size_t next() { return next_++ % size(); }

  /// Runs a batch on a card. Where its memory does not suffice, batch_tokens falls to half of the batch's
  /// tokens and the batch is run in parts, down to single texts; a single text gets the card for itself, and
  /// what it cannot run even so becomes the text's Result::error.
  void run(const std::vector<Job*>& batch, const ExtractOptions& options, std::size_t card);

 private:
  /// False if there was no memory.
  bool try_run(const std::vector<Job*>& batch, const ExtractOptions& options, std::size_t card, bool alone);

  const Family& family_;
  std::atomic<std::int64_t> batch_tokens_{0};
  std::atomic<std::size_t> next_{0};
  std::vector<std::unique_ptr<std::shared_mutex>> gates_;  // Per card: shared by runs, or one run's own.
};

}  // namespace gliner
