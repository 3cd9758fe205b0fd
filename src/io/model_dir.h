#pragma once

#include <string>

#include "gliner/options.h"

namespace gliner {

/// Finds the files of a checkpoint folder: config.json, encoder_config/config.json, tokenizer.json and
/// model.safetensors or model.safetensors.index.json. Throws ModelError that names what is missing and what to
/// do (a folder with pytorch_model.bin only, a GLiNER v1 folder and a file instead of a folder are told apart).
ModelFiles find_model_files(const std::string& directory);

/// Finds tokenizer.json alone. Throws ModelError.
std::string find_tokenizer_file(const std::string& directory);

/// Folder of a model in the local Hugging Face cache: `$HF_HUB_CACHE` or `$HF_HOME/hub` or
/// `~/.cache/huggingface/hub`, `models--ORG--NAME/refs/REVISION` -> `snapshots/COMMIT`. `id` is "org/name" with an
/// optional "@revision" (default "main"). Throws ModelError that says where was looked and how to fetch it;
/// InputError on an id that is none.
std::string find_cached_model(const std::string& id);

}  // namespace gliner
