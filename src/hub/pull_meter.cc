#include "hub/pull_meter.h"

#include <algorithm>
#include <chrono>
#include <thread>

#include "gliner/error.h"

namespace gliner {

bool PullMeter::keep_going() {
  if (!stopped_ && options_.on_progress) stopped_ = !options_.on_progress(progress);
  return !stopped_;
}

void PullMeter::check() {
  if (!keep_going())
    throw HubError("stopped; what came so far is kept, and the same pull goes on from there");
}

void PullMeter::pause(int milliseconds, const std::string& why) {
  constexpr int kStep = 50;
  progress.waiting = why;
  check();
  for (int left = milliseconds; left > 0; left -= kStep) {
    std::this_thread::sleep_for(std::chrono::milliseconds(std::min(left, kStep)));
    check();
  }
  progress.waiting.clear();
}

}  // namespace gliner
