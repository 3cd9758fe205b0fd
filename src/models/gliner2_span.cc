#include "models/gliner2_span.h"

#include <fmt/format.h>

#include "gliner/error.h"
#include "models/card_graphs.h"
#include "models/gliner2_card_run.h"
#include "models/gliner2_run.h"
#include "models/model_run.h"
#include "nn/module_path.h"

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
  span_head = register_at(*this, "span_rep.span_rep_layer",
                          std::make_shared<SpanMarkerMlp>(
                              (w / "span_rep.span_rep_layer").in(w.device().is_cpu() ? w.dtype() : dtype),
                              hidden, config.max_width, MarkerContext::kNone));
  classifier = mlp("classifier", 1);
}

Gliner2Span::Gliner2Span(std::shared_ptr<const Gliner2Modules> modules, ModelReport report,
                         const RunResources& resources)
    : modules_(std::move(modules)),
      report_(std::move(report)),
      resources_(resources),
      graphs_(resources.cuda_graphs ? std::make_unique<CardGraphs>(resources.device) : nullptr) {}

Gliner2Span::~Gliner2Span() = default;

CudaGraphReport Gliner2Span::cuda_graph_report() const {
  return graphs_ ? graphs_->report() : CudaGraphReport{};
}

std::vector<SequenceOutput> Gliner2Span::run(const PackedBatch& batch, const TraceSink& trace) const {
  const std::int64_t limit = max_sequence_tokens();
  for (std::size_t s = 0; s < batch.sequences.size(); ++s) {
    const std::int64_t tokens = batch.sequences[s].token_end - batch.sequences[s].token_begin;
    if (limit > 0 && tokens > limit)
      throw InputError(fmt::format(
          "text {} of the batch: expected at most {} tokens with its schema, found {}", s, limit, tokens));
  }
  std::vector<SequenceOutput> outputs;
  run_guarded(report_, batch.ids.size(), resources_, [&] {
    outputs = resources_.device.is_cpu() || trace
                  ? Gliner2Run(*modules_, batch, trace).outputs()
                  : Gliner2CardRun(*modules_, batch, resources_.device, room_, graphs_.get()).outputs();
  });
  return outputs;
}

}  // namespace gliner
