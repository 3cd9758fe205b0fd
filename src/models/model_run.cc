#include "models/model_run.h"

#include <ATen/Context.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <algorithm>
#include <dnnl.hpp>
#include <optional>

#include "gliner/error.h"
#include "nn/cpu_features.h"
#include "nn/threads.h"

namespace gliner {
namespace {

/// Multiply-adds that are worth a thread of their own. A forward pass has some ten parallel regions a layer,
/// each ending in a barrier; where cores are shared, a barrier can cost a scheduler's time slice. Below this
/// a single thread is faster (a 2-layer model of width 48 on two busy cores: 1.9 s instead of 36 s for 246
/// texts).
constexpr std::int64_t kWorkPerThread = 16'000'000;

int threads_for(const ModelReport& report, std::size_t tokens, int most) {
  const std::int64_t layer = report.hidden_size * (4 * report.hidden_size + 2 * report.inner_size);
  const std::int64_t work = static_cast<std::int64_t>(tokens) * report.layers * layer;
  return static_cast<int>(std::clamp<std::int64_t>(work / kWorkPerThread, 1, most));
}

}  // namespace

c10::Device parse_device(const std::string& name) {
  std::optional<c10::Device> device;
  try {
    device.emplace(name);
  } catch (const c10::Error&) {
    // Not a name that LibTorch knows; told below.
  }
  if (!device || !(device->is_cpu() || device->is_cuda()))
    throw InputError(fmt::format("device: expected \"cpu\", \"cuda\" or \"cuda:N\", found \"{}\"", name));
  if (device->is_cuda() && !at::globalContext().hasCUDA())
    throw InputError(fmt::format(
        "device \"{}\": this build of LibTorch sees no CUDA device; use \"cpu\" or check driver and build",
        name));
  return *device;
}

void check_dtype(ComputeDtype dtype, c10::Device device) {
  if (!device.is_cpu()) {
    if (dtype == ComputeDtype::kInt8)
      throw InputError("dtype int8 is for CPUs: use float32 or bfloat16 on a GPU");
    return;
  }
  if (dtype == ComputeDtype::kBfloat16 && !cpu_has_bfloat16())
    throw InputError(
        "dtype bfloat16: this CPU has neither AVX-512 BF16 nor AMX, where it would be slower than float32; "
        "use float32 or int8");
  if (dtype == ComputeDtype::kInt8 && !cpu_has_int8())
    throw InputError("dtype int8: this CPU lacks VNNI (AVX-512 VNNI or AVX-VNNI); use float32");
}

void load_guarded(const std::string& path, int threads, const std::function<void(int)>& build) {
  const c10::InferenceMode inference;
  const int intra_op = init_intra_op_threads(threads);
  const IntraOpScope scope(intra_op);
  try {
    build(intra_op);
  } catch (const c10::Error& error) {
    throw ModelError(fmt::format("{}: LibTorch: {}", path, error.what_without_backtrace()));
  } catch (const dnnl::error& error) {
    throw ModelError(fmt::format("{}: oneDNN: {}", path, error.what()));
  }
}

void run_guarded(const ModelReport& report, std::size_t tokens, int threads,
                 const std::function<void()>& forward) {
  const c10::InferenceMode inference;
  const IntraOpScope scope(threads_for(report, tokens, threads));
  try {
    forward();
  } catch (const c10::Error& error) {
    throw InternalError(fmt::format("LibTorch: {}", error.what_without_backtrace()));
  } catch (const dnnl::error& error) {
    throw InternalError(fmt::format("oneDNN: {}", error.what()));
  }
}

ModelReport describe_checkpoint(const WeightStore& store, const EncoderConfig& encoder) {
  ModelReport report;
  report.encoder = encoder.model_type;
  report.hidden_size = encoder.hidden_size;
  report.layers = encoder.num_hidden_layers;
  report.heads = encoder.num_attention_heads;
  report.inner_size = encoder.intermediate_size;
  for (const auto& [name, view] : store.file().tensors()) report.parameters += view.elements();
  report.weight_bytes = store.file().file_bytes();
  report.tensors = store.report();
  report.unused_tensors = store.unused();
  return report;
}

}  // namespace gliner
