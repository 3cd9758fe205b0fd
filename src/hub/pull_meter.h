#pragma once

#include <string>

#include "gliner/hub.h"

namespace gliner {

/// How far a pull is, and whether it shall go on. One per pull.
class PullMeter {
 public:
  explicit PullMeter(const PullOptions& options) : options_(options) {}

  /// Tells the caller's function. False once that has said stop.
  bool keep_going();
  /// The same; throws HubError instead of answering false.
  void check();
  /// Waits, telling why, in steps short enough for keep_going.
  void pause(int milliseconds, const std::string& why);

  PullProgress progress;

 private:
  const PullOptions& options_;
  bool stopped_ = false;
};

}  // namespace gliner
