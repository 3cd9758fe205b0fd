#pragma once

#include <string>

#include "gliner/hub.h"  // find_cached_model, defined here
#include "gliner/options.h"

namespace gliner {

/// Finds the files of a checkpoint folder: config.json, encoder_config/config.json, tokenizer.json and
/// model.safetensors or model.safetensors.index.json. Throws ModelError that names what is missing and what
/// to do (a folder with pytorch_model.bin only, a GLiNER v1 folder and a file instead of a folder are told
/// apart).
ModelFiles find_model_files(const std::string& directory);

/// Finds tokenizer.json alone. Throws ModelError.
std::string find_tokenizer_file(const std::string& directory);

}  // namespace gliner
