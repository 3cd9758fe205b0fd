#include "models/model_run.h"

#include <ATen/Context.h>
#include <c10/core/InferenceMode.h>
#include <c10/util/Exception.h>
#include <fmt/format.h>

#include <algorithm>
#include <dnnl.hpp>
#include <optional>

#include "base/out_of_memory.h"
#include "gliner/error.h"
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

void load_guarded(const std::string& path, const LoadOptions& options,
                  const std::function<void(const RunResources&)>& build) {
  RunResources resources;
  resources.device = parse_device(options.device);
  resources.tf32 = options.tf32;
  resources.cuda_graphs = options.cuda_graphs;
  check_dtype(options.dtype, resources.device);
  apply_device_options(options, resources.device);
  const c10::InferenceMode inference;
  resources.threads = init_intra_op_threads(options.threads);
  const IntraOpScope scope(resources.threads);
  try {
    build(resources);
    synchronize(resources.device);  // Runs have streams of their own and do not wait for this one.
  } catch (const c10::Error& error) {
    throw ModelError(fmt::format("{}: LibTorch: {}", path, error.what_without_backtrace()));
  } catch (const dnnl::error& error) {
    throw ModelError(fmt::format("{}: oneDNN: {}", path, error.what()));
  }
}

void run_guarded(const ModelReport& report, std::size_t tokens, const RunResources& resources,
                 const std::function<void()>& forward) {
  const c10::InferenceMode inference;
  const IntraOpScope scope(threads_for(report, tokens, resources.threads));
  const StreamScope stream(resources.device);
  std::optional<at::NoTF32Guard> exact;
  if (!resources.device.is_cpu() && !resources.tf32) exact.emplace();
  try {
    forward();
  } catch (const c10::Error& error) {
    if (!resources.device.is_cpu() && is_out_of_memory(error))
      throw OutOfMemory(
          fmt::format("{}: no memory for a batch of {} tokens", resources.device.str(), tokens));
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
