#pragma once

#include <memory>

#include "engine/family.h"
#include "gliner/options.h"

namespace gliner {

/// Loads the checkpoint of whichever family `files.config` is of: the explicit list of families. Throws
/// ModelError and InputError.
std::unique_ptr<const Family> load_family(const ModelFiles& files, const LoadOptions& options);

}  // namespace gliner
