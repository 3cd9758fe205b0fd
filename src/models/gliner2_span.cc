#include "models/gliner2_span.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <dnnl.hpp>

#include "gliner/error.h"
#include "models/gliner2_run.h"
#include "nn/module_path.h"
#include "nn/threads.h"

namespace gliner {

Gliner2Modules::Gliner2Modules(const WeightScope& w, const Gliner2Config& config,
                               const EncoderConfig& encoder_config, std::int64_t known_ids,
                               ComputeDtype dtype) {
  const std::int64_t hidden = encoder_config.hidden_size;
  const auto mlp = [&](const std::string& name, std::int64_t out) {
    return register_module(
        name, std::make_shared<Mlp>(w / name, std::vector<std::string>{"0", "2"},
                                    std::vector<std::int64_t>{hidden, 2 * hidden, out}, Activation::kRelu));
  };
  encoder = register_module("encoder", make_encoder((w / "encoder").in(dtype), encoder_config, known_ids));
  count_head = mlp("count_pred", kMaxCount);
  count_embedding =
      register_module("count_embed", make_count_embedding(w / "count_embed", config.counting_layer, hidden));
  span_head =
      register_at(*this, "span_rep.span_rep_layer",
                  std::make_shared<SpanHead>(w / "span_rep.span_rep_layer", hidden, config.max_width));
  classifier = mlp("classifier", 1);
}

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

Gliner2Span::Gliner2Span(std::shared_ptr<const Gliner2Modules> modules, ModelReport report, int threads)
    : modules_(std::move(modules)), report_(std::move(report)), threads_(threads) {}

std::vector<SequenceOutput> Gliner2Span::run(const PackedBatch& batch, const TraceSink& trace) const {
  const std::int64_t limit = max_sequence_tokens();
  for (std::size_t s = 0; s < batch.sequences.size(); ++s) {
    const std::int64_t tokens = batch.sequences[s].token_end - batch.sequences[s].token_begin;
    if (limit > 0 && tokens > limit)
      throw InputError(fmt::format(
          "text {} of the batch: expected at most {} tokens with its schema, found {}", s, limit, tokens));
  }
  const c10::InferenceMode inference;
  const IntraOpScope scope(threads_for(report_, batch.ids.size(), threads_));
  try {
    return Gliner2Run(*modules_, batch, trace).outputs();
  } catch (const c10::Error& error) {
    throw InternalError(fmt::format("LibTorch: {}", error.what_without_backtrace()));
  } catch (const dnnl::error& error) {
    throw InternalError(fmt::format("oneDNN: {}", error.what()));
  }
}

}  // namespace gliner
