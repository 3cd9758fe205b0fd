#include <benchmark/benchmark.h>

#include "gliner/tokenizer.h"
#include "sample_text.h"

namespace {

void tokenize(benchmark::State& state) {
  const auto tokenizer = gliner::WordTokenizer::load(GLINER_DEMO_MODEL);
  const std::string text = sample_text(static_cast<int>(state.range(0)));
  for (auto _ : state) benchmark::DoNotOptimize(tokenizer.tokenize(text));
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(text.size()));
}
BENCHMARK(tokenize)->ArgName("words")->Arg(26)->Arg(1000);

void load_tokenizer(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(gliner::WordTokenizer::load(GLINER_DEMO_MODEL));
}
BENCHMARK(load_tokenizer)->Unit(benchmark::kMillisecond);

}  // namespace
