#pragma once

#include <string>

#include "base/json.h"
#include "config/encoder_config.h"

namespace gliner {

/// parse_encoder_config on an object inside another file; `where` names both in messages.
EncoderConfig read_encoder_config(const Json& object, const std::string& where);

}  // namespace gliner
