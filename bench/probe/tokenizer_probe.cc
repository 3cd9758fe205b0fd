#include "tokenizer_probe.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <vector>

#include "io/model_dir.h"

namespace gliner {

TokenizerProbe::TokenizerProbe(const std::string& model_dir)
    : tokenizer_(Tokenizer::load(find_tokenizer_file(model_dir))) {}

nlohmann::ordered_json TokenizerProbe::answer(const nlohmann::json& request) const {
  const auto texts = request.at("texts").get<std::vector<std::string>>();
  std::size_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size();
  std::vector<std::vector<std::int32_t>> ids(texts.size());
  double best = std::numeric_limits<double>::infinity();
  for (int i = std::max(1, request.value("repeats", 5)); i > 0; --i) {
    const auto begin = std::chrono::steady_clock::now();
    for (std::size_t t = 0; t < texts.size(); ++t) ids[t] = tokenizer_.encode(texts[t]);
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  std::size_t tokens = 0;
  for (const auto& text_ids : ids) tokens += text_ids.size();
  nlohmann::ordered_json reply = {{"bytes", bytes}, {"tokens", tokens}, {"seconds", best}};
  if (request.value("ids", false)) reply["ids"] = ids;
  return reply;
}

}  // namespace gliner
