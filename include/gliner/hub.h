#pragma once

#include <string>

#include "gliner/export.h"

namespace gliner {

/// Folder of a model in the local Hugging Face cache: `$HF_HUB_CACHE` or `$HF_HOME/hub` or
/// `~/.cache/huggingface/hub`, `models--ORG--NAME/refs/REVISION` -> `snapshots/COMMIT`. `id` is "org/name"
/// with an optional "@revision" (default "main"). Nothing is downloaded. Throws ModelError that says where
/// was looked and how to fetch the model; InputError on an id that is none.
GLINER_EXPORT std::string find_cached_model(const std::string& id);

}  // namespace gliner
