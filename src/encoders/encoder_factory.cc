#include <fmt/format.h>

#include "encoders/bert.h"
#include "encoders/deberta_v2.h"
#include "encoders/encoder.h"
#include "encoders/modernbert.h"
#include "encoders/t5.h"
#include "gliner/error.h"

namespace gliner {

bool Encoder::forward_padded(const std::vector<std::int32_t>&, const SequenceStart&,
                             const std::vector<std::int64_t>&, const LayerSink&) const {
  return false;
}

std::vector<std::int32_t> Encoder::positions(const std::vector<std::int32_t>&, const SequenceStart&) const {
  return {};
}

std::shared_ptr<Encoder> make_encoder(const WeightScope& w, const EncoderConfig& config,
                                      std::int64_t known_ids) {
  const std::string& kind = config.model_type;
  if (kind == "deberta-v2") return std::make_shared<DebertaV2Encoder>(w, config, known_ids);
  if (kind == "bert") return std::make_shared<BertEncoder>(w, config, known_ids, BertPositions::kFromZero);
  if (kind == "roberta")
    return std::make_shared<BertEncoder>(w, config, known_ids, BertPositions::kBehindPadding);
  if (kind == "xlm-roberta")
    return std::make_shared<BertEncoder>(w, config, known_ids, BertPositions::kBehindPadding);
  if (kind == "modernbert") return std::make_shared<ModernBertEncoder>(w, config, known_ids);
  if (kind == "t5" || kind == "mt5") return std::make_shared<T5Encoder>(w, config, known_ids);
  throw ModelError(fmt::format(
      "encoder kind '{}': expected deberta-v2, bert, roberta, xlm-roberta, modernbert, t5 or mt5", kind));
}

}  // namespace gliner
