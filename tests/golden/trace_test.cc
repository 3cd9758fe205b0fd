// Compares what the model computes on the way with what the reference computed: a failure names the first
// stage that differs and the largest difference. GLINER_GOLDEN2 may name another folder of recorded models.
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
#include "io/model_dir.h"
#include "io/safetensors.h"
#include "models/model.h"
#include "prompt/markers.h"
#include "tokenizers/tokenizer.h"

namespace gliner {
namespace {

// Largest difference allowed, relative to the largest value of the tensor: float32, another order of
// additions. Most stages stay below 1e-5; behind count_lstm_v2, whose attention multiplies rounding, the span
// logits of one recorded call are 2.7e-5 away.
constexpr double kTolerance = 4e-5;

struct Value {
  std::vector<std::int64_t> shape;
  std::vector<float> data;
};

struct Traced {
  Json trace;
  std::string id;
};

std::filesystem::path golden_folder() {
  const char* other = std::getenv("GLINER_GOLDEN2");
  return other != nullptr ? other : GLINER_TEST_DATA "/golden2";
}

std::string data_folder(const std::string& model) { return (golden_folder() / model).string() + "/"; }

// Boundary models are not read.
bool is_span_model(const std::filesystem::path& folder) {
  const std::string config = (folder / "model/config.json").string();
  if (!std::filesystem::exists(config) || !std::filesystem::exists(folder / "trace.safetensors"))
    return false;
  return parse_json_file(MappedFile(config).text(), config).value("architecture", "span") == "span";
}

std::vector<std::string> traced_models() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(golden_folder()))
    if (is_span_model(entry.path())) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

std::vector<Traced> traced_cases(const std::string& model, const WeightFile& tensors) {
  std::vector<Traced> cases;
  std::ifstream file(data_folder(model) + "cases.jsonl");
  for (std::string line; std::getline(file, line);) {
    const Json one = parse_json_file(line, model);
    if (!one.contains("trace")) continue;
    const std::string id = one["id"];
    if (tensors.tensors().count(id + "/input_ids")) cases.push_back({one["trace"], id});
  }
  return cases;
}

TaskKind kind_of(const std::string& name) {
  if (name == "entities") return TaskKind::kEntities;
  if (name == "relations") return TaskKind::kRelation;
  if (name == "classifications") return TaskKind::kClassification;
  return TaskKind::kStructure;
}

// The batch of one text, built from the words and schema tokens of the trace: every element is tokenised
// alone.
PackedBatch rebuild(const Json& trace, const Tokenizer& tokenizer, TokenPooling pooling) {
  PackedBatch batch;
  batch.pooling = pooling;
  PackedSequence sequence;
  const auto add = [&](const std::string& text) {
    const auto first = static_cast<std::int32_t>(batch.ids.size());
    const auto ids = tokenizer.encode(text);
    batch.ids.insert(batch.ids.end(), ids.begin(), ids.end());
    return first;
  };
  const Json& schemas = trace["schema_tokens"];
  for (std::size_t j = 0; j < schemas.size(); ++j) {
    if (j > 0) add("[SEP_STRUCT]");
    TaskSlot task;
    task.kind = kind_of(trace["task_types"][j]);
    const std::size_t size = schemas[j].size();
    for (std::size_t e = 0; e < size; ++e) {
      const std::int32_t token = add(schemas[j][e]);
      if (e == 1 || (e >= 4 && e % 2 == 0 && e + 2 < size)) task.markers.push_back(token);
    }
    if (!task.markers.empty()) task.thresholds.assign(task.markers.size() - 1, 0.5F);
    sequence.tasks.push_back(task);
  }
  add("[SEP_TEXT]");
  const Json& words = trace["words"];
  for (const Json& word : words) {
    const std::int32_t begin = add(word);
    const auto end = static_cast<std::int32_t>(batch.ids.size());
    if (begin < end || pooling == TokenPooling::kFirst) sequence.rows.push_back({begin, end});
  }
  sequence.token_end = static_cast<std::int32_t>(batch.ids.size());
  sequence.first_text_row = static_cast<std::int32_t>(words.size() - trace["starts"].size());
  batch.sequences.push_back(sequence);
  return batch;
}

std::string shape_text(const std::vector<std::int64_t>& shape) {
  std::string text = "[";
  for (const std::int64_t size : shape) text += (text.size() > 1 ? ", " : "") + std::to_string(size);
  return text + "]";
}

// Empty if `found` is the reference's tensor, else what is wrong.
std::string difference(const TensorView& expected, const Value& found, double allowed) {
  if (found.shape != expected.shape)
    return "shape " + shape_text(found.shape) + ", expected " + shape_text(expected.shape);
  double largest = 0, scale = 1e-6;
  for (std::size_t i = 0; i < found.data.size(); ++i) {
    float value = 0;
    std::memcpy(&value, expected.data + i * sizeof(float), sizeof(float));
    if (std::isinf(value) || std::isinf(found.data[i])) {
      if (value != found.data[i]) return "element " + std::to_string(i) + ": only one of the two is infinite";
      continue;
    }
    scale = std::max(scale, std::abs(static_cast<double>(value)));
    largest = std::max(largest, std::abs(static_cast<double>(value) - found.data[i]));
  }
  if (largest <= allowed * scale) return {};
  return "largest difference " + std::to_string(largest) + " with values up to " + std::to_string(scale);
}

class TraceTest : public ::testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(Models, TraceTest, ::testing::ValuesIn(traced_models()), [](const auto& model) {
  std::string name = model.param;
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
});

TEST_P(TraceTest, EveryStageEqualsTheReference) {
  const std::string model_name = GetParam();
  const ModelFiles files = find_model_files(data_folder(model_name) + "model");
  Tokenizer tokenizer = Tokenizer::load(files.tokenizer);
  tokenizer.add_special_tokens(marker_tokens());
  const auto model = load_gliner2_span(files, tokenizer.size(), LoadOptions{"cpu", 2});
  const std::string pooling_name = model->report().token_pooling;
  const TokenPooling pooling = pooling_name == "first"  ? TokenPooling::kFirst
                               : pooling_name == "mean" ? TokenPooling::kMean
                                                        : TokenPooling::kMax;
  const WeightFile expected = WeightFile::open(data_folder(model_name) + "trace.safetensors");
  const std::vector<Traced> cases = traced_cases(model_name, expected);
  ASSERT_FALSE(cases.empty());

  for (const Traced& one : cases) {
    SCOPED_TRACE(one.id);
    const auto tensor = [&](const std::string& name) -> const TensorView* {
      const auto found = expected.tensors().find(one.id + "/" + name);
      return found == expected.tensors().end() ? nullptr : &found->second;
    };
    const PackedBatch batch = rebuild(one.trace, tokenizer, pooling);
    const TensorView& ids = *tensor("input_ids");
    ASSERT_EQ(ids.shape, std::vector<std::int64_t>{static_cast<std::int64_t>(batch.ids.size())});
    for (std::size_t i = 0; i < batch.ids.size(); ++i) {
      std::int64_t id = 0;
      std::memcpy(&id, ids.data + i * sizeof(id), sizeof(id));
      ASSERT_EQ(batch.ids[i], id) << "token " << i;
    }

    // In the order in which the model computes them.
    std::vector<std::pair<std::string, Value>> stages;
    model->run(batch,
               [&](const std::string& name, const std::vector<std::int64_t>& shape, const float* data) {
                 std::int64_t count = 1;
                 for (const std::int64_t size : shape) count *= size;
                 stages.emplace_back(name, Value{shape, std::vector<float>(data, data + count)});
               });
    std::size_t compared = 0;
    for (auto& [name, value] : stages) {
      std::string their_name = name;
      if (name.rfind("sequence.0.task.", 0) == 0)
        their_name = "schema." + name.substr(std::strlen("sequence.0.task."));
      else if (name.rfind("sequence.0.", 0) == 0)
        their_name = name.substr(std::strlen("sequence.0."));
      const TensorView* theirs = tensor(their_name);
      ASSERT_NE(theirs, nullptr) << "the reference has no stage " << their_name;
      ASSERT_EQ(difference(*theirs, value, kTolerance), "") << "first stage that differs: " << their_name;
      ++compared;
    }
    // input_ids and attention_mask are inputs; every other recorded tensor must have come up.
    std::size_t recorded = 0;
    for (const auto& [name, view] : expected.tensors()) recorded += name.rfind(one.id + "/", 0) == 0;
    EXPECT_EQ(compared, recorded - 2) << "stages that never came up";
  }
}

}  // namespace
}  // namespace gliner
