#pragma once

#include <string>

#include "gliner/error.h"

namespace gliner {

[[noreturn]] void throw_internal(const char* condition, const char* file, int line);

/// Adds without wrapping; false on overflow.
inline bool checked_add(std::size_t a, std::size_t b, std::size_t& out) {
  return !__builtin_add_overflow(a, b, &out);
}
/// Multiplies without wrapping; false on overflow.
inline bool checked_mul(std::size_t a, std::size_t b, std::size_t& out) {
  return !__builtin_mul_overflow(a, b, &out);
}

}  // namespace gliner

/// Our own promise, not the caller's: throws InternalError with file and line when it does not hold.
#define GLINER_CHECK(condition) \
  ((condition) ? static_cast<void>(0) : ::gliner::throw_internal(#condition, __FILE__, __LINE__))
