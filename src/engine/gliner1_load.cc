#include <fmt/format.h>

#include <utility>

#include "base/mapped_file.h"
#include "config/encoder_config.h"
#include "engine/gliner1_family.h"
#include "engine/placement.h"
#include "gliner/error.h"

namespace gliner {
namespace {

EncoderConfig encoder_of(const Gliner1Config& config, const ModelFiles& files) {
  if (config.encoder) return *config.encoder;
  if (files.encoder_config.empty()) {
    throw ModelError(
        fmt::format("{}: has no encoder_config; put the config.json of the encoder {} beside it "
                    "as encoder_config/config.json",
                    files.config, config.model_name));
  }
  return parse_encoder_config(MappedFile(files.encoder_config).text(), files.encoder_config);
}

}  // namespace

std::unique_ptr<const Family> load_gliner1_family(const ModelFiles& files, const LoadOptions& options) {
  Gliner1Config config = parse_gliner1_config(MappedFile(files.config).text(), files.config);
  const EncoderConfig encoder = encoder_of(config, files);
  if (config.has_labels_encoder && !config.labels_encoder) {
    throw ModelError(files.config +
                     ": labels_encoder_config is missing; add the config.json of the label "
                     "encoder under that key");
  }
  Gliner1Tokenizers tokenizers = load_gliner1_tokenizers(files, config);
  TokenizerSizes sizes;
  sizes.text = tokenizers.text.tokenizer->size();
  if (tokenizers.labels.tokenizer) sizes.labels = tokenizers.labels.tokenizer->size();
  if (tokenizers.decoder.tokenizer) sizes.decoder = tokenizers.decoder.tokenizer->size();
  std::vector<std::unique_ptr<const SpanModel>> replicas;
  const Placement placement = place(options, [&](const LoadOptions& one) {
    replicas.push_back(load_gliner1(files.weights, config, encoder, sizes, one));
  });
  return std::make_unique<Gliner1Family>(std::move(config), std::move(tokenizers), std::move(replicas),
                                         placement);
}

}  // namespace gliner
