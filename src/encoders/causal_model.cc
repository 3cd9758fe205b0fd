#include "encoders/causal_model.h"

#include <fmt/format.h>

#include "encoders/gpt2.h"
#include "encoders/llama.h"
#include "gliner/error.h"

namespace gliner {

std::shared_ptr<CausalModel> make_causal_model(const WeightScope& w, const EncoderConfig& config,
                                               std::int64_t known_ids) {
  if (config.model_type == "gpt2") return std::make_shared<Gpt2>(w, config, known_ids);
  if (config.is_llama()) return std::make_shared<Llama>(w, config, known_ids);
  throw ModelError(fmt::format("decoder kind '{}': expected gpt2, llama, qwen2 or qwen3", config.model_type));
}

const char* causal_model_name(const EncoderConfig& config) {
  return config.is_llama() ? "model" : "transformer";
}

std::vector<std::int32_t> causal_positions(const SequenceStart& start, const std::vector<KvCache*>& caches) {
  std::vector<std::int32_t> positions = places_in_sequences(start);
  for (std::size_t b = 0; b < caches.size(); ++b)
    for (std::int64_t t = start[b]; t < start[b + 1]; ++t)
      positions[static_cast<std::size_t>(t)] += static_cast<std::int32_t>(caches[b]->length());
  return positions;
}

}  // namespace gliner
