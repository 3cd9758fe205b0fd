#include <fmt/format.h>

#include "encoders/bert.h"
#include "encoders/deberta_v2.h"
#include "encoders/encoder.h"
#include "encoders/modernbert.h"
#include "gliner/error.h"

namespace gliner {

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
  throw ModelError(
      fmt::format("encoder kind '{}': expected deberta-v2, bert, roberta, xlm-roberta or modernbert", kind));
}

}  // namespace gliner
