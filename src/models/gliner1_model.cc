#include <fmt/format.h>

#include <utility>

#include "gliner/error.h"
#include "models/gliner1_modules.h"
#include "models/gliner1_run.h"
#include "models/model_run.h"

namespace gliner {

Gliner1Model::Gliner1Model(Gliner1Config config, std::shared_ptr<const Gliner1Modules> modules,
                           ModelReport report, int threads)
    : config_(std::move(config)),
      modules_(std::move(modules)),
      report_(std::move(report)),
      threads_(threads) {}

std::vector<SpanOutput> Gliner1Model::run(const SpanBatch& batch, const TraceSink& trace) const {
  const std::int64_t limit = max_sequence_tokens();
  for (std::size_t s = 0; s < batch.sequences.size(); ++s) {
    const std::int64_t tokens = batch.sequences[s].token_end - batch.sequences[s].token_begin;
    if (limit > 0 && tokens > limit)
      throw InputError(fmt::format(
          "text {} of the batch: expected at most {} tokens with its labels, found {}", s, limit, tokens));
  }
  std::vector<SpanOutput> outputs;
  run_guarded(report_, batch.ids.size(), threads_,
              [&] { outputs = Gliner1Run(config_, *modules_, batch, trace).outputs(); });
  return outputs;
}

LabelMatrix Gliner1Model::encode_labels(const std::vector<std::vector<std::int32_t>>&) const {
  throw InputError("only a bi-encoder encodes labels on their own; this model is a " + report_.architecture);
}

std::int64_t Gliner1Model::max_label_tokens() const { return 0; }

}  // namespace gliner
