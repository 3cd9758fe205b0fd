// Compares what GLiNER v1 models compute on the way with what the reference computed: a failure names the
// first stage that differs and the largest difference. GLINER_GOLDEN1 may name another folder of recorded
// models.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>

#include "base/json.h"
#include "base/mapped_file.h"
#include "decoding/gliner1_decoder.h"
#include "gliner/schema.h"
#include "io/model_dir.h"
#include "io/safetensors.h"
#include "models/span_model.h"
#include "prompt/gliner1_prompt.h"

namespace gliner {
namespace {

// Largest difference allowed, relative to the largest value of the tensor: float32, another order of
// additions.
constexpr double kTolerance = 2e-5;

std::filesystem::path golden_folder() {
  const char* other = std::getenv("GLINER_GOLDEN1");
  return other != nullptr ? other : GLINER_TEST_DATA "/golden1";
}

std::vector<std::string> traced_models() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(golden_folder())) {
    if (std::filesystem::exists(entry.path() / "trace.safetensors")) names.push_back(entry.path().filename());
  }
  std::sort(names.begin(), names.end());
  return names;
}

struct Value {
  std::vector<std::int64_t> shape;
  std::vector<float> data;
};

// Empty if `found` is the reference's tensor [1, ...], else what is wrong. What is infinite here is a span
// past the end, of which the reference computes something that nobody looks at.
std::string difference(const TensorView& expected, const Value& found) {
  std::vector<std::int64_t> shape = {1};
  shape.insert(shape.end(), found.shape.begin(), found.shape.end());
  if (expected.shape != shape) return "another shape";
  double largest = 0, scale = 1e-6;
  for (std::size_t i = 0; i < found.data.size(); ++i) {
    float value = 0;
    std::memcpy(&value, expected.data + i * sizeof(float), sizeof(float));
    if (std::isinf(found.data[i])) continue;
    scale = std::max(scale, std::abs(static_cast<double>(value)));
    largest = std::max(largest, std::abs(static_cast<double>(value) - found.data[i]));
  }
  if (largest <= kTolerance * scale) return {};
  return "largest difference " + std::to_string(largest) + " with values up to " + std::to_string(scale);
}

/// A checkpoint with what stands in front of its model.
struct Loaded {
  explicit Loaded(const std::string& directory) {
    const ModelFiles files = find_model_files(directory);
    config = parse_gliner1_config(MappedFile(files.config).text(), files.config);
    tokenizers = load_gliner1_tokenizers(files, config);
    TokenizerSizes sizes;
    sizes.text = tokenizers.text.tokenizer->size();
    if (tokenizers.labels.tokenizer) sizes.labels = tokenizers.labels.tokenizer->size();
    if (tokenizers.decoder.tokenizer) sizes.decoder = tokenizers.decoder.tokenizer->size();
    LoadOptions options;
    options.threads = 2;
    model = load_gliner1(files.weights, config, *config.encoder, sizes, options);
  }

  /// The batch of one recorded call.
  SpanBatch batch_of(const Json& args) const {
    Schema schema;
    schema.entities(args.at("labels").get<std::vector<std::string>>());
    if (config.relations) schema.relations(args.at("relations").get<std::vector<std::string>>());
    const Gliner1Prompt prompt = compile_gliner1_prompt(schema.spec(), config);
    Gliner1Text text =
        prepare_gliner1_text(prompt, args.at("text").get<std::string>(), config, tokenizers, {}, {});
    ExtractOptions options;
    options.threshold = args.value("threshold", 0.5);
    fill_thresholds(text.sequence, prompt, options);
    if (config.has_labels_encoder) {
      std::vector<std::vector<std::int32_t>> ids;
      for (const std::string& label : prompt.texts)
        ids.push_back(
            tokenizers.labels.tokenizer->encode_words({label}, true, tokenizers.labels.max_tokens).ids);
      text.sequence.label_matrix = std::make_shared<const LabelMatrix>(model->encode_labels(ids));
    }
    SpanBatch batch;
    batch.threshold = options.threshold;
    batch.adjacency_threshold = args.value("adjacency_threshold", options.threshold);
    batch.generation.max_new_tokens = args.value("max_new_tokens", 15);
    batch.generation.end_id = tokenizers.decoder.end_id;
    batch.generation.pad_id = tokenizers.decoder.pad_id;
    append_sequence(batch, text);
    return batch;
  }

  Gliner1Config config;
  Gliner1Tokenizers tokenizers;
  std::unique_ptr<const SpanModel> model;
};

class Gliner1Trace : public ::testing::TestWithParam<std::string> {};

TEST_P(Gliner1Trace, EveryStageEqualsTheReference) {
  const std::filesystem::path folder = golden_folder() / GetParam();
  const Loaded loaded((folder / "model").string());
  const WeightFile expected = WeightFile::open((folder / "trace.safetensors").string());
  std::ifstream cases(folder / "cases.jsonl");
  std::size_t compared = 0;
  for (std::string line; std::getline(cases, line);) {
    const Json one = parse_json_file(line, GetParam());
    const std::string id = one.at("id");
    const auto input = expected.tensors().find(id + "/input_ids");
    if (input == expected.tensors().end()) continue;
    SCOPED_TRACE(id);
    const SpanBatch batch = loaded.batch_of(one.at("args"));
    ASSERT_EQ(input->second.elements(), static_cast<std::int64_t>(batch.ids.size()));
    ASSERT_EQ(std::memcmp(input->second.data, batch.ids.data(), input->second.bytes), 0) << "other token ids";
    loaded.model->run(
        batch, [&](const std::string& name, const std::vector<std::int64_t>& shape, const float* data) {
          std::int64_t count = 1;
          for (const std::int64_t size : shape) count *= size;
          const std::string prefix = "sequence.0.";
          std::string theirs = name.rfind(prefix, 0) == 0 ? name.substr(prefix.size()) : name;
          if (theirs == "encoder_projected" && expected.tensors().count(id + "/" + theirs) == 0)
            theirs = "encoder_last_hidden_state";  // The same where nothing is projected.
          const auto recorded = expected.tensors().find(id + "/" + theirs);
          if (recorded == expected.tensors().end()) return;  // Not every stage is recorded for every model.
          EXPECT_EQ(difference(recorded->second, Value{shape, std::vector<float>(data, data + count)}), "")
              << "stage " << theirs;
          ++compared;
        });
    if (HasFailure()) return;
  }
  EXPECT_GE(compared, 4u) << "too few stages came up";
}

INSTANTIATE_TEST_SUITE_P(Models, Gliner1Trace, ::testing::ValuesIn(traced_models()), [](const auto& model) {
  std::string name = model.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

}  // namespace
}  // namespace gliner
