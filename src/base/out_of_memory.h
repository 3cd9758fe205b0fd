#pragma once

#include <string>

#include "gliner/error.h"

namespace gliner {

/// A device has no memory for a batch. Nothing is lost by it: the same texts in smaller batches may fit, and
/// the engine tries that before anybody hears of it.
class OutOfMemory : public InternalError {
 public:
  explicit OutOfMemory(const std::string& message) : InternalError(message) {}
};

}  // namespace gliner
