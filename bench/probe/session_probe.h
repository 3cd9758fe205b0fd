#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "gliner/gliner.h"

namespace gliner {

/// A growing text read by a streaming model of GLiNER v1, for timing beside the package's sessions.
class SessionProbe {
 public:
  /// `threads`: 0 for every core. Throws ModelError.
  SessionProbe(const std::string& model_dir, int threads);

  /// Request:  {"pieces": [string, ...] read one behind the other, "labels": [string, ...], "threshold": 0.5,
  ///            "repeats": whole sessions (3)}.
  /// Reply:    {"seconds": of the fastest session, "results": the spans after the last piece}.
  nlohmann::ordered_json answer(const nlohmann::json& request) const;

 private:
  Extractor model_;
};

}  // namespace gliner
