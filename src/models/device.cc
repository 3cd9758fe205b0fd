#include "models/device.h"

#include <ATen/Context.h>
#include <c10/core/impl/VirtualGuardImpl.h>
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <string_view>

#include "gliner/error.h"
#include "nn/cpu_features.h"
#include "nn/graph_capture.h"

#ifdef GLINER_CUDA
#include <c10/cuda/CUDACachingAllocator.h>
#endif

namespace gliner {
namespace {

int card_count() {
  if (!at::globalContext().hasCUDA()) return 0;
  return c10::impl::VirtualGuardImpl(c10::DeviceType::CUDA).deviceCount();
}

std::vector<std::string> split(const std::string& names) {
  std::vector<std::string> parts;
  for (std::size_t begin = 0; begin <= names.size();) {
    const std::size_t end = std::min(names.find(',', begin), names.size());
    parts.push_back(names.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

/// Streams that no pass uses at present.
class IdleStreams {
 public:
  c10::Stream take(c10::Device device) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      std::vector<c10::Stream>& idle = idle_[device.index()];
      if (!idle.empty()) {
        const c10::Stream stream = idle.back();
        idle.pop_back();
        return stream;
      }
    }
    return c10::impl::VirtualGuardImpl(device.type()).getStreamFromGlobalPool(device);
  }

  void give_back(const c10::Stream& stream) {
    const std::lock_guard<std::mutex> lock(mutex_);
    idle_[stream.device_index()].push_back(stream);
  }

 private:
  std::mutex mutex_;
  std::map<c10::DeviceIndex, std::vector<c10::Stream>> idle_;
};

/// Never destroyed: threads may still run when the process ends.
IdleStreams& idle_streams() {
  static IdleStreams* const streams = new IdleStreams;
  return *streams;
}

}  // namespace

std::vector<std::string> resolve_devices(const std::string& names) {
  if (names == "auto") return {card_count() > 0 ? "cuda:0" : "cpu"};
  std::vector<std::string> devices;
  const std::vector<std::string> parts = split(names);
  for (const std::string& part : parts) {
    const c10::Device device = parse_device(part);
    if (device.is_cpu() && parts.size() > 1)
      throw InputError(
          fmt::format("device \"{}\": a list is of cards, \"cuda:0,cuda:1\"; a CPU stands alone", names));
    devices.push_back(device.str());
    if (std::count(devices.begin(), devices.end(), devices.back()) > 1)
      throw InputError(fmt::format("device \"{}\": {} is named twice", names, devices.back()));
  }
  return devices;
}

c10::Device parse_device(const std::string& name) {
  std::optional<c10::Device> device;
  try {
    device.emplace(name);
  } catch (const c10::Error&) {
    // Not a name that LibTorch knows; told below.
  }
  if (!device || !(device->is_cpu() || device->is_cuda()))
    throw InputError(fmt::format(
        "device: expected \"cpu\", \"cuda\", \"cuda:N\", several of those with commas between, or \"auto\", "
        "found \"{}\"",
        name));
  if (device->is_cpu()) return *device;
  const int cards = card_count();
  if (cards == 0)
    throw InputError(fmt::format(
        "device \"{}\": this build of LibTorch sees no CUDA device; use \"cpu\" or check driver and build",
        name));
  const int index = device->has_index() ? device->index() : 0;
  if (index >= cards)
    throw InputError(
        fmt::format("device \"{}\": expected cuda:0 to cuda:{}, there are {} cards", name, cards - 1, cards));
  return {c10::DeviceType::CUDA, static_cast<c10::DeviceIndex>(index)};
}

void check_dtype(ComputeDtype dtype, c10::Device device) {
  if (!device.is_cpu()) {
    if (dtype == ComputeDtype::kInt8)
      throw InputError("dtype int8 is for CPUs: use float32, bfloat16 or float16 on a card");
    return;
  }
  if (dtype == ComputeDtype::kFloat16)
    throw InputError("dtype float16 is for cards: use float32, bfloat16 or int8 on a CPU");
  if (dtype == ComputeDtype::kBfloat16 && !cpu_has_bfloat16())
    throw InputError(
        "dtype bfloat16: this CPU has neither AVX-512 BF16 nor AMX, where it would be slower than float32; "
        "use float32 or int8");
  if (dtype == ComputeDtype::kInt8 && !cpu_has_int8())
    throw InputError("dtype int8: this CPU lacks VNNI (AVX-512 VNNI or AVX-VNNI); use float32");
}

void apply_device_options(const LoadOptions& options, c10::Device device) {
  const auto refuse = [](const char* option) {
    throw InputError(fmt::format("{} is for cards; a model on the CPU does not use it", option));
  };
  if (options.batch_tokens < 0)
    throw InputError(
        fmt::format("batch_tokens must be 0 (found at load) or more, got {}", options.batch_tokens));
  if (!(options.memory_fraction >= 0 && options.memory_fraction <= 1))
    throw InputError(
        fmt::format("memory_fraction: expected 0 (no limit) to 1, found {}", options.memory_fraction));
  if (device.is_cpu()) {
    if (options.tf32) refuse("tf32");
    if (options.batch_tokens != 0) refuse("batch_tokens");
    if (options.memory_fraction != 0) refuse("memory_fraction");
    if (options.cuda_graphs) refuse("cuda_graphs");
    return;
  }
  if (options.cuda_graphs && !cuda_graphs_missing().empty())
    throw InputError(fmt::format("cuda_graphs: {}; leave it off", cuda_graphs_missing()));
  if (options.tf32) at::globalContext().setAllowTF32CuBLAS(true);
  // LibTorch asks the process alone, and not the guard of a pass, what the LSTM of cuDNN may do, and it
  // allows TF32 unless told otherwise.
  at::globalContext().setAllowTF32CuDNN(options.tf32);
  if (options.memory_fraction == 0) return;
#ifdef GLINER_CUDA
  c10::cuda::CUDACachingAllocator::setMemoryFraction(options.memory_fraction, device.index());
#else
  throw InputError("memory_fraction: this build was made without GLINER_CUDA and cannot set it");
#endif
}

PrivateStream::PrivateStream(c10::Device device) {
  if (!device.is_cpu()) stream_ = idle_streams().take(device);
}

PrivateStream::~PrivateStream() {
  if (stream_) idle_streams().give_back(*stream_);
}

StreamScope::StreamScope(c10::Device device) : stream_(device) {
  if (stream_.get()) guard_.emplace(*stream_.get());
}

void synchronize(c10::Device device) {
  if (!device.is_cpu()) c10::impl::VirtualGuardImpl(device.type()).getStream(device).synchronize();
}

bool is_out_of_memory(const c10::Error& error) {
  if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) return true;
  // Memory that is asked for past LibTorch's allocator: the libraries' work spaces, loaded kernels.
  const std::string message = error.what_without_backtrace();
  for (const std::string_view sign :
       {"out of memory", "CUBLAS_STATUS_ALLOC_FAILED", "CUDNN_STATUS_ALLOC_FAILED"})
    if (message.find(sign) != std::string::npos) return true;
  return false;
}

}  // namespace gliner
