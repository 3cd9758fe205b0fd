#pragma once

#include <chrono>

namespace gliner::cli {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point begin);

/// Largest resident memory of this process so far.
double peak_rss_mb();

/// To three places behind the point, as reports show it.
double rounded(double value);

}  // namespace gliner::cli
