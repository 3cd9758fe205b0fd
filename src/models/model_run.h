#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "config/encoder_config.h"
#include "gliner/extractor.h"
#include "models/device.h"
#include "nn/weight_scope.h"

namespace gliner {

// What loading and running have in common over the families.

/// Builds a model for the device, dtype and threads of `options` under InferenceMode; `build` gets what its
/// runs may use. Throws InputError for what this machine or build cannot do. Errors of LibTorch and oneDNN
/// become ModelErrors about `path`.
void load_guarded(const std::string& path, const LoadOptions& options,
                  const std::function<void(const RunResources&)>& build);

/// Runs a forward pass over `tokens` tokens of the model that `report` describes under InferenceMode, on a
/// CPU with as many of its intra-op threads as it has work for, on a card in the calling thread's stream and,
/// unless TF32 is asked for, without it. Errors of LibTorch and oneDNN become InternalErrors, OutOfMemory
/// where a card's memory is exhausted.
void run_guarded(const ModelReport& report, std::size_t tokens, const RunResources& resources,
                 const std::function<void()>& forward);

/// Sizes, tensors and bytes of a checkpoint. `encoder`: of its text encoder.
ModelReport describe_checkpoint(const WeightStore& store, const EncoderConfig& encoder);

}  // namespace gliner
