#pragma once

#include <cstdint>

namespace gliner::cli {

/// What a job has done so far, earlier runs of it included.
struct Tally {
  std::uint64_t rows = 0;
  std::uint64_t failed = 0;     ///< Rows with an error.
  std::uint64_t truncated = 0;  ///< Rows of which something was cut off.
  std::uint64_t truncated_words = 0;
  std::uint64_t truncated_tokens = 0;
  std::uint64_t words = 0;
  std::uint64_t tokens = 0;  ///< Sub-word tokens that the model read.
};

}  // namespace gliner::cli
