#include "session_probe.h"

#include <algorithm>
#include <chrono>
#include <limits>
#include <vector>

namespace gliner {
namespace {

LoadOptions with_threads(int threads) {
  LoadOptions options;
  options.threads = threads;
  return options;
}

}  // namespace

SessionProbe::SessionProbe(const std::string& model_dir, int threads)
    : model_(Extractor::load(model_dir, with_threads(threads))) {}

nlohmann::ordered_json SessionProbe::answer(const nlohmann::json& request) const {
  const auto pieces = request.at("pieces").get<std::vector<std::string>>();
  const Schema schema = Schema().entities(request.at("labels").get<std::vector<std::string>>());
  ExtractOptions options;
  options.threshold = request.value("threshold", 0.5F);
  double best = std::numeric_limits<double>::infinity();
  Result last;
  for (int i = std::max(1, request.value("repeats", 3)); i > 0; --i) {
    const auto begin = std::chrono::steady_clock::now();
    Session session = model_.open_session(schema);
    for (const std::string& piece : pieces) last = session.append(piece, options);
    best = std::min(best, std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count());
  }
  return {{"seconds", best}, {"results", nlohmann::ordered_json::parse(to_spans_json(last))}};
}

}  // namespace gliner
