#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "heads/token_choice.h"

namespace gliner {

/// Beam search over the continuations of one prefix, step by step as transformers' _beam_search does it with
/// its defaults (length penalty 1, no early stopping): finished labels are ranked by their mean
/// log-probability and may still be overtaken. Not thread-safe.
class BeamSearch {
 public:
  /// options must outlive the search; `stream` tells apart the prefixes of one call.
  BeamSearch(const GenerationOptions& options, std::uint64_t stream);

  bool done() const { return done_; }

  /// What the next step is for: as many as there are beams; all the same before the first step.
  struct Beam {
    std::vector<std::int32_t> tokens;
    float score = 0;
    std::size_t parent = 0;  ///< The beam of the last step that it goes on from.
  };
  const std::vector<Beam>& beams() const { return running_; }

  /// One step. logits: of the next token, [beams, V].
  void step(const std::vector<std::vector<float>>& logits);

  /// The labels found, best first, without their end tokens. As many as there are beams.
  std::vector<std::vector<std::int32_t>> labels() const;

 private:
  struct Finished {
    std::vector<std::int32_t> tokens;
    float score;
    bool ended = false;
  };
  void merge(const std::vector<Beam>& candidates, const std::vector<bool>& ended);

  const GenerationOptions& options_;
  TokenChoice choice_;
  std::int64_t length_ = 0;  // Tokens of every running beam.
  std::vector<Beam> running_;
  std::vector<Finished> finished_;
  bool done_ = false;
};

/// log_softmax.
void normalise_scores(std::vector<float>& logits);

}  // namespace gliner
