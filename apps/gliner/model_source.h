#pragma once

#include <string>

#include "gliner/extractor.h"
#include "options.h"

namespace gliner::cli {

/// Folder of the model that is used when none is named: $GLINER_MODEL_DIR, else share/gliner/demo of the
/// installation that this program belongs to, else weights/demo of the source tree that it was built from.
/// Throws ModelError that says where was looked.
std::string find_default_model();

/// Loads what the options name, fetched first where they ask for that. Throws UsageError, InputError,
/// HubError or ModelError.
Extractor load_model(const ModelOptions& options);

}  // namespace gliner::cli
