#include "measurement.h"

#include <sys/resource.h>

#include <cmath>

namespace gliner::cli {

double seconds_since(Clock::time_point begin) {
  return std::chrono::duration<double>(Clock::now() - begin).count();
}

double peak_rss_mb() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024.0;  // Linux counts in KiB.
}

double rounded(double value) { return std::round(value * 1000) / 1000; }

}  // namespace gliner::cli
