#pragma once

#include <c10/core/Device.h>

#include <cstdint>
#include <functional>
#include <string>

#include "config/encoder_config.h"
#include "gliner/extractor.h"
#include "nn/weight_scope.h"

namespace gliner {

// What loading and running have in common over the families.

/// Reads LoadOptions::device. Throws InputError on a name that is none and on a device that is not there.
c10::Device parse_device(const std::string& name);

/// Throws InputError, with what to use instead, if `device` or this CPU is not made for products in `dtype`.
void check_dtype(ComputeDtype dtype, c10::Device device);

/// Builds a model under InferenceMode with `threads` intra-op threads (0: all cores allowed); `build` gets
/// the number. Errors of LibTorch and oneDNN become ModelErrors about `path`.
void load_guarded(const std::string& path, int threads, const std::function<void(int threads)>& build);

/// Runs a forward pass over `tokens` tokens of the model that `report` describes under InferenceMode, on as
/// many of `threads` intra-op threads as it has work for. Errors of LibTorch and oneDNN become
/// InternalErrors.
void run_guarded(const ModelReport& report, std::size_t tokens, int threads,
                 const std::function<void()>& forward);

/// Sizes, tensors and bytes of a checkpoint. `encoder`: of its text encoder.
ModelReport describe_checkpoint(const WeightStore& store, const EncoderConfig& encoder);

}  // namespace gliner
