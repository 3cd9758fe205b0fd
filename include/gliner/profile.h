#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "gliner/export.h"

namespace gliner {

/// Time that one stage took.
struct StageTime {
  std::string stage;
  double ms = 0;
  std::int64_t calls = 0;
};

/// Collects the time of every stage of the calls that the creating thread makes while this lives: text to
/// tokens, packing, each kind of layer, heads, decoding. A stage inside another one is charged to itself
/// only, so that the sum is the time spent in all of them. Profiles nest; the innermost one collects. Not to
/// be shared between threads.
class GLINER_EXPORT Profile {
 public:
  Profile();
  ~Profile();
  Profile(const Profile&) = delete;
  Profile& operator=(const Profile&) = delete;

  /// Every stage that ran, in the order of the data's way.
  std::vector<StageTime> stages() const;

 private:
  friend class StageTimer;
  static constexpr std::size_t kMaxStages = 32;
  struct Sum {
    std::chrono::steady_clock::duration time{};
    std::int64_t calls = 0;
  };
  std::array<Sum, kMaxStages> sums_{};
  int running_ = -1;  // Stage that time is charged to now; -1: none.
  std::chrono::steady_clock::time_point since_;
  Profile* outer_;
};

}  // namespace gliner
