#include <fmt/format.h>

#include <algorithm>

#include "base/mapped_file.h"
#include "config/encoder_config.h"
#include "gliner/error.h"
#include "models/gliner2_span.h"
#include "models/model_run.h"

namespace gliner {
namespace {

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
  ModelReport report = describe_checkpoint(store, encoder_config);
  report.architecture = "gliner2-span";
  report.counting_layer = counting_layer_name(config.counting_layer);
  report.token_pooling = pooling_name(config.token_pooling);
  report.vocab_size = vocab_size;
  report.max_width = config.max_width;
  return report;
}

}  // namespace

std::unique_ptr<Model> load_gliner2_span(const ModelFiles& files, std::int64_t tokenizer_size,
                                         const LoadOptions& options) {
  const MappedFile config_file(files.config);
  const Gliner2Config config = parse_gliner2_config(config_file.text(), files.config);
  const MappedFile encoder_file(files.encoder_config);
  const EncoderConfig encoder_config = parse_encoder_config(encoder_file.text(), files.encoder_config);

  std::unique_ptr<Model> model;
  load_guarded(files.weights, options, [&](const RunResources& resources) {
    WeightStore store(std::make_shared<const WeightFile>(WeightFile::open(files.weights)), resources.device);
    auto modules = std::make_shared<const Gliner2Modules>(WeightScope(store), config, encoder_config,
                                                          tokenizer_size, options.dtype);
    store.check_all_used();
    if (options.cuda_graphs && modules->encoder->card_tile_rows() == 0)
      throw InputError(fmt::format(
          "cuda_graphs: passes of this {} encoder depend on the lengths of texts in more than sizes "
          "and cannot be captured; leave it off",
          encoder_config.model_type));
    ModelReport report =
        describe(config, encoder_config, store, std::max(modules->encoder->vocab_size(), tokenizer_size));
    model = std::make_unique<Gliner2Span>(std::move(modules), std::move(report), resources);
  });
  return model;
}

}  // namespace gliner
