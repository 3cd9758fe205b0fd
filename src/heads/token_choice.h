#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <vector>

#include "heads/label_trie.h"

namespace gliner {

/// How the tokens of a label are chosen.
struct GenerationOptions {
  std::int64_t max_new_tokens = 15;
  std::int64_t sequences = 1;         ///< Labels per prefix; more than one are the best of as many beams.
  bool sample = true;                 ///< Else the most probable token, or the best beams.
  double temperature = 0.01;          ///< > 0; of sampling only.
  std::int64_t top_tokens = 50;       ///< Sampling is among so many (transformers' top_k); 0: all.
  std::uint64_t seed = 0;             ///< Of sampling: the same seed gives the same labels.
  std::int32_t end_token = 0;         ///< Ends a label and is not part of it.
  const LabelTrie* labels = nullptr;  ///< Labels that may be generated; null: any. Must outlive the call.
};

/// Chooses among the tokens' scores as transformers' generate does with the processors that the reference
/// gives it (gliner/modeling/decoder.py, generate_from_embeds), apart from the random numbers. One per
/// prefix, so that a prefix's labels do not depend on the others. Not thread-safe.
class TokenChoice {
 public:
  TokenChoice(const GenerationOptions& options, std::uint64_t stream);

  /// Scores of the next token, [V] logits or their log-probabilities, as they are chosen from: tokens that no
  /// label allows after `prefix` far below all others, then the temperature and the limit to the best.
  void process(std::vector<float>& scores, const std::vector<std::int32_t>& prefix) const;

  /// Indices of `count` scores, best first; or, sampling, drawn one after the other without replacement in
  /// proportion to their exponentials. Of equal ones the first.
  std::vector<std::size_t> choose(const std::vector<float>& scores, std::size_t count);

 private:
  const GenerationOptions& options_;
  std::mt19937_64 random_;
};

}  // namespace gliner
