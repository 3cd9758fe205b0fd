#pragma once

#include <string>

#include "gliner/hub.h"

namespace gliner {

/// Whom a pull asks, and as whom.
struct HubSettings {
  std::string endpoint;  ///< Without a slash at the end.
  std::string token;     ///< Empty: nobody in particular. Never part of a message.
  bool offline = false;
};

/// What `options` say, and where they are silent the variables that huggingface_hub reads: HF_ENDPOINT,
/// HF_TOKEN, HUGGING_FACE_HUB_TOKEN, HF_TOKEN_PATH, HF_HOME, HF_HUB_DISABLE_IMPLICIT_TOKEN, HF_HUB_OFFLINE,
/// TRANSFORMERS_OFFLINE. Throws HubError on an endpoint or a token that cannot be one.
HubSettings hub_settings(const PullOptions& options);

}  // namespace gliner
