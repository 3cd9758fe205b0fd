#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "../nn/checkpoint_bytes.h"
#include "io/model_dir.h"
#include "models/gliner2_span.h"

namespace gliner {
namespace {

using ::testing::AllOf;
using testing::error_of;
using ::testing::HasSubstr;

constexpr const char* kModel = GLINER_TEST_DATA "/golden2/span-bert/model";
constexpr std::int64_t kVocabulary = 1010;

// A checkpoint whose tensors a test changes before it is loaded.
class LoadTest : public ::testing::Test {
 protected:
  LoadTest()
      : files_(find_model_files(kModel)), entries_(testing::entries_of(WeightFile::open(files_.weights))) {}

  std::unique_ptr<Model> load(std::int64_t tokenizer_size = kVocabulary) {
    ModelFiles files = files_;
    files.weights = folder_.write("model.safetensors", testing::checkpoint_bytes(entries_));
    return load_gliner2_span(files, tokenizer_size, LoadOptions{"cpu", 1});
  }

  ModelFiles files_;
  testing::Entries entries_;
  testing::TempFolder folder_;
};

TEST_F(LoadTest, ReportsEveryTensorWithItsUse) {
  const auto model = load();
  const ModelReport& report = model->report();
  EXPECT_EQ(report.architecture, "gliner2-span");
  EXPECT_EQ(report.encoder, "bert");
  EXPECT_EQ(report.counting_layer, "count_lstm_moe");
  EXPECT_EQ(report.token_pooling, "mean");
  EXPECT_EQ(report.hidden_size, 48);
  EXPECT_EQ(report.layers, 2);
  EXPECT_EQ(report.heads, 4);
  EXPECT_EQ(report.inner_size, 96);
  EXPECT_EQ(report.vocab_size, kVocabulary);
  EXPECT_EQ(report.max_width, 8);
  ASSERT_EQ(report.tensors.size(), entries_.size());
  std::int64_t parameters = 0;
  for (const TensorReport& tensor : report.tensors) {
    EXPECT_FALSE(tensor.use.empty()) << tensor.name;
    std::int64_t elements = 1;
    for (const std::int64_t size : tensor.shape) elements *= size;
    parameters += elements;
  }
  EXPECT_EQ(report.parameters, parameters);
  EXPECT_GT(report.weight_bytes, 4 * parameters);
  EXPECT_EQ(report.unused_tensors,
            (std::vector<std::string>{"encoder.pooler.dense.bias", "encoder.pooler.dense.weight"}));
}

TEST_F(LoadTest, TheModulesCarryTheCheckpointsNames) {
  const auto model = load();
  std::set<std::string> names, expected;
  for (const auto& parameter : dynamic_cast<const Gliner2Span&>(*model).modules().named_parameters())
    names.insert(parameter.key());
  for (const auto& [name, entry] : entries_)
    if (name.find("pooler") == std::string::npos) expected.insert(name);
  EXPECT_EQ(names, expected);
}

TEST_F(LoadTest, NamesAMissingTensor) {
  for (const char* name : {"encoder.encoder.layer.1.output.dense.weight", "count_embed.gru.bias_hh_l0",
                           "count_pred.2.bias", "span_rep.span_rep_layer.out_project.3.weight",
                           "classifier.0.weight", "encoder.embeddings.word_embeddings.weight"}) {
    const testing::Entries whole = entries_;
    entries_.erase(name);
    EXPECT_THAT(error_of<ModelError>([&] { load(); }),
                AllOf(HasSubstr("model.safetensors"), HasSubstr(name), HasSubstr("no such tensor")));
    entries_ = whole;
  }
}

TEST_F(LoadTest, ARenamedTensorIsMissing) {
  entries_["classifier.0.weights"] = entries_["classifier.0.weight"];
  entries_.erase("classifier.0.weight");
  EXPECT_THAT(error_of<ModelError>([&] { load(); }), HasSubstr("'classifier.0.weight'"));
}

TEST_F(LoadTest, NamesBothShapes) {
  std::swap(entries_["count_pred.0.weight"].shape[0], entries_["count_pred.0.weight"].shape[1]);
  EXPECT_THAT(error_of<ModelError>([&] { load(); }),
              AllOf(HasSubstr("'count_pred.0.weight'"), HasSubstr("[96, 48]"), HasSubstr("found [48, 96]")));
}

TEST_F(LoadTest, NamesTheElementType) {
  testing::Entry& entry = entries_["encoder.embeddings.LayerNorm.bias"];
  entry.dtype = "I32";
  EXPECT_THAT(error_of<ModelError>([&] { load(); }),
              AllOf(HasSubstr("'encoder.embeddings.LayerNorm.bias'"), HasSubstr("found I32")));
}

TEST_F(LoadTest, NamesWhatIsTooMuch) {
  entries_["encoder.encoder.layer.2.output.dense.bias"] =
      entries_["encoder.encoder.layer.1.output.dense.bias"];
  EXPECT_THAT(error_of<ModelError>([&] { load(); }),
              AllOf(HasSubstr("1 more"), HasSubstr("encoder.encoder.layer.2.output.dense.bias")));
}

TEST_F(LoadTest, TellsAnotherCountingLayerApart) {
  entries_.erase("count_embed.w1");
  entries_["count_embed.projector.0.weight"] = {"F32", {1}, std::string(4, '\0')};
  EXPECT_THAT(error_of<ModelError>([&] { load(); }), HasSubstr("'count_embed.w1'"));
}

TEST_F(LoadTest, TheBufferOfOldCheckpointsIsNotNeeded) {
  entries_["encoder.embeddings.position_ids"] = {"I64", {1, 4}, std::string(32, '\0')};
  const auto model = load();
  EXPECT_THAT(model->report().unused_tensors, ::testing::Contains("encoder.embeddings.position_ids"));
}

TEST_F(LoadTest, TheLargerVocabularyWins) {
  PackedBatch batch;
  batch.ids = {5, static_cast<std::int32_t>(kVocabulary) + 2};
  batch.sequences.resize(1);
  batch.sequences[0].token_end = 2;
  const auto larger = load(kVocabulary + 3);
  EXPECT_EQ(larger->report().vocab_size, kVocabulary + 3);
  EXPECT_NO_THROW(larger->run(batch)) << "a token that was added later has no row, and a zero vector";
  EXPECT_EQ(load(kVocabulary - 10)->report().vocab_size, kVocabulary);
}

TEST_F(LoadTest, RefusesADeviceThatIsNone) {
  for (const char* device : {"gpu", "", "cpu0x", "meta"})
    EXPECT_THAT(error_of<InputError>([&] {
                  load_gliner2_span(files_, kVocabulary, LoadOptions{device, 1});
                }),
                AllOf(HasSubstr("device"), HasSubstr("cpu")));
}

}  // namespace
}  // namespace gliner
