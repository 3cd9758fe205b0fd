#pragma once

#include <stdexcept>
#include <string>

#include "gliner/export.h"

namespace gliner {

/// Base of every exception that leaves this library. The message says where, what was expected, what was
/// found and, where it is known, what to try.
class GLINER_EXPORT Error : public std::runtime_error {
 public:
  explicit Error(const std::string& message);
  ~Error() override;
};

/// The caller's text, schema or option cannot be used. Nothing was computed.
class GLINER_EXPORT InputError : public Error {
 public:
  explicit InputError(const std::string& message);
  ~InputError() override;
};

/// A checkpoint file is missing, broken or of a kind that is not supported.
class GLINER_EXPORT ModelError : public Error {
 public:
  explicit ModelError(const std::string& message);
  ~ModelError() override;
};

/// A model cannot be fetched from the hub: no network, no permission, broken or hostile answers.
class GLINER_EXPORT HubError : public Error {
 public:
  explicit HubError(const std::string& message);
  ~HubError() override;
};

/// A condition that this library promised cannot happen. Please report it.
class GLINER_EXPORT InternalError : public Error {
 public:
  explicit InternalError(const std::string& message);
  ~InternalError() override;
};

}  // namespace gliner
