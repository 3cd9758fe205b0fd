#include <benchmark/benchmark.h>

#include "gliner/gliner.h"
#include "sample_text.h"

namespace {

const gliner::Extractor& model() {
  static const auto loaded = gliner::Extractor::load(GLINER_DEMO_MODEL);
  return loaded;
}

void extract_entities(benchmark::State& state) {
  const auto texts = std::vector<std::string>(static_cast<std::size_t>(state.range(0)),
                                              sample_text(static_cast<int>(state.range(1))));
  const auto schema = gliner::Schema().entities({"person", "company", "location", "date", "product"});
  for (auto _ : state) benchmark::DoNotOptimize(model().batch_extract(texts, schema));
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(extract_entities)
    ->ArgNames({"texts", "words"})
    ->ArgsProduct({{1, 8}, {26, 130}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime();

}  // namespace
