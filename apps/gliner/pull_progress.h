#pragma once

#include <cstdint>
#include <string>

#include "gliner/hub.h"

namespace gliner::cli {

/// Shows on standard error how far a download is: a line that changes on a terminal, elsewhere only why it
/// waits. Honours -q and -v.
class PullDisplay {
 public:
  PullDisplay();
  ~PullDisplay();
  PullDisplay(const PullDisplay&) = delete;
  PullDisplay& operator=(const PullDisplay&) = delete;

  void show(const PullProgress& progress);

 private:
  bool is_terminal_;
  double last_seconds_ = 0;  ///< When the line changed last; of the same clock as begin_seconds_.
  double begin_seconds_;
  std::string file_;
  std::string waiting_;
};

/// "1.2 GB"
std::string readable_bytes(std::uint64_t bytes);

}  // namespace gliner::cli
