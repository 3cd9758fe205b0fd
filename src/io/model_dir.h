#pragma once

#include <string>

#include "gliner/hub.h"  // find_cached_model, defined here
#include "gliner/options.h"

namespace gliner {

/// Finds the files of a checkpoint folder. GLiNER2: config.json, encoder_config/config.json, tokenizer.json
/// and the weights. GLiNER v1: gliner_config.json, tokenizer.json, the weights and, where they are there,
/// tokenizer_config.json, labels_tokenizer/, decoder_tokenizer/ and the encoder's own configuration. Weights:
/// model.safetensors, model.safetensors.index.json, pytorch_model.bin or pytorch_model.bin.index.json. Throws
/// ModelError that names what is missing and what to do.
ModelFiles find_model_files(const std::string& directory);

/// The same without the weights, of a GLiNER v1 folder.
ModelFiles find_gliner1_tokenizer_files(const std::string& directory);

/// True for the path of a GLiNER v1 configuration: its file name is gliner_config.json.
bool is_gliner1_config(const std::string& config);

/// Finds tokenizer.json alone. Throws ModelError.
std::string find_tokenizer_file(const std::string& directory);

}  // namespace gliner
