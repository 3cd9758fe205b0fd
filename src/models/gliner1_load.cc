#include <algorithm>
#include <utility>

#include "gliner/error.h"
#include "models/gliner1_modules.h"
#include "models/model_run.h"

namespace gliner {
namespace {

const char* pooling_name(SubtokenPooling pooling) {
  switch (pooling) {
    case SubtokenPooling::kFirst:
      return "first";
    case SubtokenPooling::kLast:
      return "last";
    case SubtokenPooling::kMean:
      return "mean";
    case SubtokenPooling::kMax:
      return "max";
  }
  return "";
}

ModelReport describe(const Gliner1Config& config, const EncoderConfig& encoder, const WeightStore& store,
                     std::int64_t vocab_size) {
  ModelReport report = describe_checkpoint(store, encoder);
  report.architecture = architecture_name(config);
  report.token_pooling = pooling_name(config.pooling);
  report.vocab_size = vocab_size;
  report.span_mode = span_mode_name(config.span_mode);
  report.max_width = config.token_level() ? 0 : config.max_width;
  report.max_words = config.max_len;
  return report;
}

}  // namespace

std::unique_ptr<const SpanModel> load_gliner1(const std::string& weights, const Gliner1Config& config,
                                              const EncoderConfig& encoder, const TokenizerSizes& sizes,
                                              const LoadOptions& options) {
  std::unique_ptr<const SpanModel> model;
  load_guarded(weights, options, [&](const RunResources& resources) {
    if (options.cuda_graphs)
      throw InputError("cuda_graphs is for GLiNER2 models; a pass of a GLiNER v1 model waits for the card");
    WeightStore store(std::make_shared<const WeightFile>(WeightFile::open(weights)), resources.device);
    auto modules =
        std::make_shared<const Gliner1Modules>(WeightScope(store).in(options.dtype), config, encoder, sizes);
    store.check_all_used();
    ModelReport report = describe(config, encoder, store, std::max(modules->vocab_size(), sizes.text));
    model = std::make_unique<Gliner1Model>(config, std::move(modules), std::move(report), resources);
  });
  return model;
}

}  // namespace gliner
