#include "encoder_probe.h"

#include <ATen/core/Tensor.h>
#include <c10/core/InferenceMode.h>
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <limits>
#include <numeric>
#include <random>

#include "base/mapped_file.h"
#include "gliner/error.h"
#include "io/model_dir.h"
#include "io/safetensors.h"
#include "nn/threads.h"

namespace gliner {
namespace {

constexpr std::int64_t kMostTokens = 1 << 22;

template <typename Work>
double milliseconds(Work&& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

EncoderShape shape_of(const EncoderConfig& config) {
  EncoderShape shape;
  shape.hidden = config.hidden_size;
  shape.qkv = 3 * config.hidden_size;
  shape.inner = config.intermediate_size;
  shape.up = config.model_type == "modernbert" ? 2 * shape.inner : shape.inner;
  shape.layers = config.num_hidden_layers;
  return shape;
}

struct Batch {
  std::vector<std::int32_t> ids;
  SequenceStart start = {0};
};

Batch random_batch(std::int64_t sequences, std::int64_t length, std::int64_t vocab_size) {
  if (sequences < 1 || length < 1 || length > kMostTokens / sequences)
    throw InputError(
        fmt::format("batch and length: expected at least 1 and together at most {} tokens, found {} and {}",
                    kMostTokens, sequences, length));
  std::mt19937 random(1);
  std::uniform_int_distribution<std::int32_t> any(0, static_cast<std::int32_t>(vocab_size - 1));
  Batch batch;
  for (std::int64_t s = 0; s < sequences; ++s) {
    for (std::int64_t i = 0; i < length; ++i) batch.ids.push_back(any(random));
    batch.start.push_back(static_cast<std::int64_t>(batch.ids.size()));
  }
  return batch;
}

Batch read_batch(const nlohmann::json& request, std::int64_t vocab_size) {
  if (!request.contains("ids"))
    return random_batch(request.at("batch").get<std::int64_t>(), request.at("length").get<std::int64_t>(),
                        vocab_size);
  Batch batch;
  for (const auto& sequence : request.at("ids")) {
    for (const auto& id : sequence) {
      const auto value = id.get<std::int64_t>();
      if (value < 0 || value >= vocab_size)
        throw InputError(fmt::format("ids: expected 0 to {}, found {}", vocab_size - 1, value));
      batch.ids.push_back(static_cast<std::int32_t>(value));
    }
    batch.start.push_back(static_cast<std::int64_t>(batch.ids.size()));
  }
  if (batch.ids.empty()) throw InputError("ids: expected at least one token");
  return batch;
}

void write_floats(const at::Tensor& values, const std::string& path) {
  const at::Tensor plain = values.contiguous();
  std::ofstream file(path, std::ios::binary);
  file.write(static_cast<const char*>(plain.data_ptr()), static_cast<std::streamsize>(plain.nbytes()));
  if (!file.flush()) throw InputError(fmt::format("{}: cannot be written", path));
}

}  // namespace

double attention_flops(const EncoderConfig& config, std::int64_t length) {
  const auto seen = [](std::int64_t keys) { return static_cast<double>(keys); };
  double keys = 0;  // Of one query, all layers and terms.
  for (std::int64_t layer = 0; layer < config.num_hidden_layers; ++layer) {
    const bool local =
        !config.layer_is_global.empty() && !config.layer_is_global[static_cast<std::size_t>(layer)];
    keys += 2 * seen(local ? std::min(length, config.local_attention + 1) : length);
    if (!config.relative_attention) continue;
    const std::int64_t most =
        config.max_relative_positions > 0 ? config.max_relative_positions : config.max_position_embeddings;
    const std::int64_t span = config.position_buckets > 0 ? config.position_buckets : most;
    const std::int64_t terms = (config.c2p ? 1 : 0) + (config.p2c ? 1 : 0);
    keys += static_cast<double>(terms) * seen(std::min(2 * length - 1, 2 * span));
  }
  return 2 * keys * static_cast<double>(length) * static_cast<double>(config.hidden_size);
}

EncoderProbe::EncoderProbe(const std::string& model_dir, const std::string& prefix, int threads)
    : threads_(init_intra_op_threads(threads)) {
  const ModelFiles files = find_model_files(model_dir);
  const MappedFile config(files.encoder_config);
  config_ = parse_encoder_config(config.text(), files.encoder_config);
  shape_ = shape_of(config_);
  const c10::InferenceMode inference;
  const IntraOpScope scope(threads_);
  WeightStore store(std::make_shared<const WeightFile>(WeightFile::open(files.weights)), at::kCPU);
  encoder_ = make_encoder(WeightScope(store) / prefix, config_, 0);
}

EncoderProbe::~EncoderProbe() = default;

nlohmann::ordered_json EncoderProbe::answer(const nlohmann::json& request) {
  const Batch batch = read_batch(request, encoder_->vocab_size());
  const auto rows = static_cast<std::int64_t>(batch.ids.size());
  double flops = 0;
  for (std::size_t s = 0; s + 1 < batch.start.size(); ++s) {
    const std::int64_t length = batch.start[s + 1] - batch.start[s];
    const std::int64_t limit = encoder_->max_sequence_tokens();
    if (length < 1 || (limit > 0 && length > limit))
      throw InputError(fmt::format("sequence {}: expected 1 to {} tokens, found {}", s,
                                   limit > 0 ? limit : kMostTokens, length));
    flops += attention_flops(config_, length);
  }
  const c10::InferenceMode inference;
  const IntraOpScope scope(threads_);
  const bool floor = request.value("floor", false);
  if (!floor || products_.count(rows) == 0) products_.clear();
  if (floor && products_.empty()) products_[rows] = std::make_unique<ProductStack>(shape_, rows);

  const at::Tensor hidden = encoder_->forward(batch.ids, batch.start);  // Also makes oneDNN's primitives.
  if (request.contains("output")) write_floats(hidden, request.at("output").get<std::string>());
  if (floor) products_[rows]->run();
  double best = std::numeric_limits<double>::infinity(), best_products = best;
  for (int i = request.value("repeats", 5); i > 0; --i) {  // In turns: both see the same machine.
    best = std::min(best, milliseconds([&] { encoder_->forward(batch.ids, batch.start); }));
    if (floor) best_products = std::min(best_products, milliseconds([&] { products_[rows]->run(); }));
  }
  const double cells =
      static_cast<double>(shape_.hidden * (shape_.qkv + shape_.hidden + shape_.up + shape_.inner));
  flops += 2 * cells * static_cast<double>(rows * shape_.layers);
  nlohmann::ordered_json reply = {{"tokens", rows}, {"gflop", flops / 1e9}, {"ms", best}};
  if (floor) {
    const double rate = products_[rows]->flops() / 1e6 / best_products;
    reply["products_ms"] = best_products;
    reply["products_gflops"] = rate;
    reply["floor_ms"] = flops / 1e6 / rate;
  }
  return reply;
}

}  // namespace gliner
