#pragma once

#include <nlohmann/json.hpp>

#include "options.h"

namespace gliner::cli {

/// The files that make the model and what is in them: {"name", "files": [{"name", "bytes", "sha256"}]}. Reads
/// all weights once. Throws UsageError or gliner::ModelError when they are not there.
nlohmann::ordered_json describe_model_files(const ModelOptions& options);

/// One SHA-256 over the names and digests of all files in such a description.
std::string digest_of_model(const nlohmann::ordered_json& files);

}  // namespace gliner::cli
