// From the candidates of one text to JSON: no model runs.
#include <benchmark/benchmark.h>

#include <map>
#include <random>
#include <tuple>

#include "decoding/decoder.h"
#include "io/model_dir.h"
#include "prompt/markers.h"
#include "sample_text.h"
#include "schema/schema_spec.h"

namespace {

using namespace gliner;

// `count` distinct spans of random labels, rows and scores, ordered as the heads give them.
std::vector<Candidate> random_candidates(std::int32_t count, std::int32_t labels, std::int32_t rows) {
  std::mt19937 random(1);
  std::map<std::tuple<std::int32_t, std::int32_t, std::int32_t>, float> spans;
  while (spans.size() < static_cast<std::size_t>(count)) {
    const auto below = [&](std::int32_t end) {
      return static_cast<std::int32_t>(random() % static_cast<unsigned>(end));
    };
    const std::int32_t width = below(4);
    spans[{below(labels), below(rows - width), width}] = 0.5F + 0.001F * static_cast<float>(below(500));
  }
  std::vector<Candidate> candidates;
  for (const auto& [span, score] : spans)
    candidates.push_back({0, std::get<0>(span), std::get<1>(span), std::get<2>(span), score});
  return candidates;
}

void decode_entities(benchmark::State& state) {
  const auto labels = static_cast<std::int32_t>(state.range(0));
  Schema schema;
  for (std::int32_t i = 0; i < labels; ++i) schema.entities({"type " + std::to_string(i)});
  Tokenizer tokenizer = Tokenizer::load(find_tokenizer_file(GLINER_DEMO_MODEL));
  tokenizer.add_special_tokens(marker_tokens());
  const CompiledPrompt prompt = compile_prompt(schema.spec(), tokenizer, TokenPooling::kFirst);
  const PreparedText prepared = prepare_text(prompt, sample_text(static_cast<int>(state.range(1))), tokenizer,
                                             WordSplitter::kWhitespace, TokenPooling::kFirst, {});
  const ExtractOptions options;
  const std::vector<TaskSlot> slots = plan_tasks(prompt, prepared, options);
  SequenceOutput output;
  output.tasks.resize(1);
  output.tasks[0].count = 1;
  output.tasks[0].candidates = random_candidates(static_cast<std::int32_t>(state.range(2)), labels,
                                                 static_cast<std::int32_t>(prepared.words.size()));
  for (auto _ : state) {
    Result result = decode(prompt, prepared, slots, output, options);
    finish_offsets(result, prepared.text, OffsetUnit::kCodePoint);
    benchmark::DoNotOptimize(to_json(result));
  }
}
BENCHMARK(decode_entities)
    ->ArgNames({"labels", "words", "spans"})
    ->Args({5, 26, 5})
    ->Args({60, 130, 50})
    ->Args({60, 512, 1000})
    ->Unit(benchmark::kMicrosecond);

}  // namespace
