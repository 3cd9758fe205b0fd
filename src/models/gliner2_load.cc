#include <ATen/Context.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <dnnl.hpp>
#include <optional>

#include "base/mapped_file.h"
#include "config/encoder_config.h"
#include "gliner/error.h"
#include "models/gliner2_span.h"
#include "nn/cpu_features.h"
#include "nn/threads.h"

namespace gliner {
namespace {

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

const char* counting_layer_name(CountingLayer kind) {
  switch (kind) {
    case CountingLayer::kCountLstm:
      return "count_lstm";
    case CountingLayer::kCountLstmV2:
      return "count_lstm_v2";
    case CountingLayer::kCountLstmMoe:
      return "count_lstm_moe";
  }
  return "";
}

const char* pooling_name(TokenPooling pooling) {
  switch (pooling) {
    case TokenPooling::kFirst:
      return "first";
    case TokenPooling::kMean:
      return "mean";
    case TokenPooling::kMax:
      return "max";
  }
  return "";
}

ModelReport describe(const Gliner2Config& config, const EncoderConfig& encoder_config,
                     const WeightStore& store, std::int64_t vocab_size) {
  ModelReport report;
  report.architecture = "gliner2-span";
  report.encoder = encoder_config.model_type;
  report.counting_layer = counting_layer_name(config.counting_layer);
  report.token_pooling = pooling_name(config.token_pooling);
  report.hidden_size = encoder_config.hidden_size;
  report.layers = encoder_config.num_hidden_layers;
  report.heads = encoder_config.num_attention_heads;
  report.inner_size = encoder_config.intermediate_size;
  report.vocab_size = vocab_size;
  report.max_width = config.max_width;
  for (const auto& [name, view] : store.file().tensors()) report.parameters += view.elements();
  report.weight_bytes = store.file().file_bytes();
  report.tensors = store.report();
  report.unused_tensors = store.unused();
  return report;
}

}  // namespace

std::unique_ptr<Model> load_gliner2_span(const ModelFiles& files, std::int64_t tokenizer_size,
                                         const LoadOptions& options) {
  const c10::Device target = parse_device(options.device);
  check_dtype(options.dtype, target);
  const MappedFile config_file(files.config);
  const Gliner2Config config = parse_gliner2_config(config_file.text(), files.config);
  const MappedFile encoder_file(files.encoder_config);
  const EncoderConfig encoder_config = parse_encoder_config(encoder_file.text(), files.encoder_config);

  const c10::InferenceMode inference;
  const int intra_op = init_intra_op_threads(options.threads);
  const IntraOpScope scope(intra_op);
  try {
    WeightStore store(std::make_shared<const WeightFile>(WeightFile::open(files.weights)), target);
    auto modules = std::make_shared<const Gliner2Modules>(WeightScope(store), config, encoder_config,
                                                          tokenizer_size, options.dtype);
    store.check_all_used();
    ModelReport report =
        describe(config, encoder_config, store, std::max(modules->encoder->vocab_size(), tokenizer_size));
    return std::make_unique<Gliner2Span>(std::move(modules), std::move(report), intra_op);
  } catch (const c10::Error& error) {
    throw ModelError(fmt::format("{}: LibTorch: {}", files.weights, error.what_without_backtrace()));
  } catch (const dnnl::error& error) {
    throw ModelError(fmt::format("{}: oneDNN: {}", files.weights, error.what()));
  }
}

}  // namespace gliner
