#pragma once

#include <c10/core/Device.h>
#include <c10/core/StreamGuard.h>
#include <c10/util/Exception.h>

#include <optional>
#include <string>
#include <vector>

#include "gliner/options.h"

namespace gliner {

// Where a model runs. All of it is LibTorch's device-neutral interface, so that builds without CUDA compile
// and test it; what has no neutral form is compiled under GLINER_CUDA.

/// The devices that LoadOptions::device names, each as "cpu" or "cuda:N": "auto" is the first card, or the
/// CPU where there is none; "cuda" is the first card; a list has commas between its cards. Throws InputError
/// on a name that is none, on a device that is not there, and on one that is named twice.
std::vector<std::string> resolve_devices(const std::string& names);

/// Reads one device. Throws InputError on a name that is none and on a device that is not there.
c10::Device parse_device(const std::string& name);

/// Throws InputError, with what to use instead, if `device` or this CPU is not made for products in `dtype`.
void check_dtype(ComputeDtype dtype, c10::Device device);

/// Refuses options of cards on a CPU and values out of range (InputError), then applies those that concern
/// the process: TF32, in cuBLAS if it is asked for and in cuDNN as it is asked for, and the memory that
/// LibTorch may hold.
void apply_device_options(const LoadOptions& options, c10::Device device);

/// What a forward pass may use.
struct RunResources {
  int threads = 1;  ///< Intra-op threads, > 0.
  c10::Device device = c10::kCPU;
  bool tf32 = false;
  bool cuda_graphs = false;
};

/// A stream of a card that nobody else uses while this lives. Streams are handed on, the last used one first,
/// because LibTorch keeps freed memory by stream. Everything that the stream was given must be done when this
/// ends. Nothing on a CPU.
class PrivateStream {
 public:
  explicit PrivateStream(c10::Device device);
  ~PrivateStream();
  PrivateStream(const PrivateStream&) = delete;
  PrivateStream& operator=(const PrivateStream&) = delete;

  const std::optional<c10::Stream>& get() const { return stream_; }

 private:
  std::optional<c10::Stream> stream_;
};

/// Makes a card current for the calling thread until the scope ends, with a private stream: passes that run
/// side by side do not wait for each other on the card. Nothing on a CPU.
class StreamScope {
 public:
  explicit StreamScope(c10::Device device);

 private:
  PrivateStream stream_;
  std::optional<c10::StreamGuard> guard_;
};

/// Waits until everything is done that the calling thread's current stream of `device` was given. Nothing on
/// a CPU.
void synchronize(c10::Device device);

/// True if LibTorch says that a device's memory was exhausted, its own or that of a library below it.
bool is_out_of_memory(const c10::Error& error);

}  // namespace gliner
