// One layer and one head of the bundled model, by the engine's inner libraries.
#include <ATen/ATen.h>
#include <benchmark/benchmark.h>
#include <c10/core/InferenceMode.h>

#include "base/mapped_file.h"
#include "encoders/post_norm_layer.h"
#include "heads/span_marker.h"
#include "io/model_dir.h"
#include "nn/threads.h"

namespace {

using namespace gliner;

// The checkpoint with what a module needs to bind its own part of it.
struct Checkpoint {
  Checkpoint()
      : files(find_model_files(GLINER_DEMO_MODEL)),
        config(parse_encoder_config(MappedFile(files.encoder_config).text(), files.encoder_config)),
        store(std::make_shared<const WeightFile>(WeightFile::open(files.weights)), at::kCPU) {
    init_intra_op_threads(0);
  }

  const c10::InferenceMode inference;
  ModelFiles files;
  EncoderConfig config;
  WeightStore store;
};

void set_rate(benchmark::State& state, std::int64_t items) {
  state.SetItemsProcessed(state.iterations() * items);
}

void transformer_layer(benchmark::State& state) {
  Checkpoint checkpoint;
  const EncoderConfig& config = checkpoint.config;
  const PostNormLayer layer(
      WeightScope(checkpoint.store) / "encoder.encoder.layer.0", config,
      {{"query", config.hidden_size}, {"key", config.hidden_size}, {"value", config.hidden_size}});
  const std::int64_t sequences = state.range(0), length = state.range(1), tokens = sequences * length;
  SequenceStart start;
  for (std::int64_t s = 0; s <= sequences; ++s) start.push_back(s * length);
  AttentionOptions attention;
  attention.heads = config.num_attention_heads;
  LayerBuffers buffers;
  at::Tensor x = at::randn({tokens, config.hidden_size});
  for (auto _ : state)
    x = layer.forward(x, start, attention, buffers);  // Normalised: x stays as it is in size.
  set_rate(state, tokens);
}
BENCHMARK(transformer_layer)
    ->ArgNames({"sequences", "length"})
    ->Args({1, 16})
    ->Args({1, 64})
    ->Args({1, 256})
    ->Args({8, 128})
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();

void span_head(benchmark::State& state) {
  Checkpoint checkpoint;
  const std::int64_t hidden = checkpoint.config.hidden_size;
  const SpanMarkerMlp head(WeightScope(checkpoint.store) / "span_rep.span_rep_layer", hidden, 8,
                           MarkerContext::kNone);
  const std::int64_t rows = state.range(0), queries = state.range(1);
  const at::Tensor words = at::randn({rows, hidden}), labels = at::randn({queries, hidden});
  for (auto _ : state)
    benchmark::DoNotOptimize(
        head.logits({words, {0, rows}}, head.prepare(labels, /*packed=*/false), {{0, queries}}));

  set_rate(state, rows);
}
BENCHMARK(span_head)
    ->ArgNames({"words", "labels"})
    ->ArgsProduct({{26, 512}, {5, 60}})
    ->Unit(benchmark::kMicrosecond)
    ->UseRealTime();

}  // namespace
