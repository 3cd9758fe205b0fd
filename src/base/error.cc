#include "gliner/error.h"

#include <fmt/format.h>

#include "base/check.h"

namespace gliner {

Error::Error(const std::string& message) : std::runtime_error(message) {}
Error::~Error() = default;
InputError::InputError(const std::string& message) : Error(message) {}
InputError::~InputError() = default;
ModelError::ModelError(const std::string& message) : Error(message) {}
ModelError::~ModelError() = default;
HubError::HubError(const std::string& message) : Error(message) {}
HubError::~HubError() = default;

InternalError::InternalError(const std::string& message) : Error(message) {}
InternalError::~InternalError() = default;

void throw_internal(const char* condition, const char* file, int line) {
  throw InternalError(fmt::format("{}:{}: does not hold: {} (please report this)", file, line, condition));
}

}  // namespace gliner
