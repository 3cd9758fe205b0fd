#include <ATen/ATen.h>
#include <fmt/format.h>

#include <utility>

#include "gliner/error.h"
#include "models/gliner1_card_run.h"
#include "models/gliner1_modules.h"
#include "models/gliner1_run.h"
#include "models/gliner1_stream.h"
#include "models/model_run.h"

namespace gliner {
namespace {

/// Thousands of labels are encoded in passes of so many: short sequences, none waits for a long one.
constexpr std::size_t kLabelsOfABatch = 256;

}  // namespace

Gliner1Model::Gliner1Model(Gliner1Config config, std::shared_ptr<const Gliner1Modules> modules,
                           ModelReport report, const RunResources& resources)
    : config_(std::move(config)),
      modules_(std::move(modules)),
      report_(std::move(report)),
      resources_(resources) {}

std::vector<SpanOutput> Gliner1Model::run(const SpanBatch& batch, const TraceSink& trace) const {
  const std::int64_t limit = max_sequence_tokens();
  for (std::size_t s = 0; s < batch.sequences.size(); ++s) {
    const std::int64_t tokens = batch.sequences[s].encoded_tokens;
    if (limit > 0 && tokens > limit)
      throw InputError(fmt::format(
          "text {} of the batch: expected at most {} tokens with its labels, found {}", s, limit, tokens));
  }
  std::vector<SpanOutput> outputs;
  const bool without_waits =
      !resources_.device.is_cpu() && !trace && Gliner1CardRun::covers(config_, *modules_, batch);
  run_guarded(report_, batch.ids.size(), resources_, [&] {
    outputs = without_waits
                  ? Gliner1CardRun(config_, *modules_, shared_labels_, batch, resources_.device).outputs()
                  : Gliner1Run(config_, *modules_, shared_labels_, batch, trace).outputs();
  });
  return outputs;
}

LabelMatrix Gliner1Model::encode_labels(const std::vector<std::vector<std::int32_t>>& labels) const {
  if (!modules_->labels_encoder)
    throw InputError("only a bi-encoder encodes labels on their own; this model is a " +
                     report_.architecture);
  LabelMatrix matrix{config_.hidden_size, {}};
  for (std::size_t first = 0; first < labels.size();) {
    std::vector<std::int32_t> ids;
    SequenceStart start = {0};
    for (; first < labels.size() && start.size() <= kLabelsOfABatch; ++first) {
      ids.insert(ids.end(), labels[first].begin(), labels[first].end());
      start.push_back(static_cast<std::int64_t>(ids.size()));
    }
    run_guarded(report_, ids.size(), resources_, [&] {
      const at::Tensor vectors = modules_->encode_labels(ids, start).cpu().contiguous();  // [labels, H]
      const float* data = vectors.data_ptr<float>();
      matrix.values.insert(matrix.values.end(), data, data + vectors.numel());
    });
  }
  return matrix;
}

std::unique_ptr<SpanStream> Gliner1Model::open_stream() const {
  if (!config_.streaming)
    throw InputError("only a streaming model has sessions; this model is a " + report_.architecture);
  return std::make_unique<Gliner1Stream>(config_, *modules_, report_, resources_);
}

std::int64_t Gliner1Model::max_label_tokens() const {
  return modules_->labels_encoder ? modules_->labels_encoder->max_sequence_tokens() : 0;
}

}  // namespace gliner
