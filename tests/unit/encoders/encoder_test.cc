#include "encoders/encoder.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <filesystem>
#include <set>

#include "../nn/checkpoint_bytes.h"
#include "base/mapped_file.h"
#include "nn/threads.h"

namespace gliner {
namespace {

// Largest difference allowed, relative to the largest value: float32, another order of additions.
constexpr float kTolerance = 2e-5F;

std::vector<std::string> fixtures() {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(GLINER_TEST_DATA "/encoders"))
    if (entry.is_directory()) names.push_back(entry.path().filename().string());
  return names;
}

template <typename Element>
std::vector<Element> elements(const TensorView& view) {
  std::vector<Element> values(static_cast<std::size_t>(view.elements()));
  std::memcpy(values.data(), view.data, view.bytes);
  return values;
}

EncoderConfig config_of(const std::string& folder) {
  const MappedFile file(folder + "/config.json");
  return parse_encoder_config(file.text(), folder + "/config.json");
}

// Small random encoders and what transformers computes with them: tests/data/encoders/make_encoders.py.
class EncoderTest : public ::testing::TestWithParam<std::string> {
 protected:
  EncoderTest()
      : folder_(GLINER_TEST_DATA "/encoders/" + GetParam()),
        config_(config_of(folder_)),
        store_(std::make_shared<const WeightFile>(WeightFile::open(folder_ + "/model.safetensors")),
               at::kCPU),
        encoder_(make_encoder(WeightScope(store_) / "encoder", config_, 0)) {
    const WeightFile expected = WeightFile::open(folder_ + "/expected.safetensors");
    ids_ = elements<std::int32_t>(expected.tensors().at("ids"));
    for (const std::int32_t start : elements<std::int32_t>(expected.tensors().at("start")))
      start_.push_back(start);
    const TensorView& hidden = expected.tensors().at("last_hidden_state");
    expected_ = at::tensor(elements<float>(hidden)).view(hidden.shape);
  }

  std::pair<std::vector<std::int32_t>, SequenceStart> alone(std::size_t b) const {
    return {{ids_.begin() + start_[b], ids_.begin() + start_[b + 1]}, {0, start_[b + 1] - start_[b]}};
  }

  const c10::InferenceMode guard_;
  std::string folder_;
  EncoderConfig config_;
  WeightStore store_;
  std::shared_ptr<Encoder> encoder_;
  std::vector<std::int32_t> ids_;
  SequenceStart start_;
  at::Tensor expected_;
};

INSTANTIATE_TEST_SUITE_P(Fixtures, EncoderTest, ::testing::ValuesIn(fixtures()), [](const auto& fixture) {
  std::string name = fixture.param;
  for (char& c : name)
    if (c == '-') c = '_';
  return name;
});

TEST_P(EncoderTest, APackedBatchGivesTheReferencesVectors) {
  const at::Tensor found = encoder_->forward(ids_, start_);
  ASSERT_EQ(found.sizes(), expected_.sizes());
  const float difference = (found - expected_).abs().max().item<float>();
  EXPECT_LE(difference, kTolerance * expected_.abs().max().item<float>());
}

TEST_P(EncoderTest, ASequenceAloneGivesWhatItGivesInABatch) {
  const at::Tensor together = encoder_->forward(ids_, start_);
  for (std::size_t b = 0; b + 1 < start_.size(); ++b) {
    const auto [ids, start] = alone(b);
    const at::Tensor own = encoder_->forward(ids, start);
    const at::Tensor there = together.narrow(0, start_[b], start_[b + 1] - start_[b]);
    EXPECT_LE((own - there).abs().max().item<float>(), 1e-5F) << "sequence " << b;
  }
}

TEST_P(EncoderTest, HandsOutEveryLayerTheLastOneBeingTheResult) {
  std::vector<at::Tensor> layers;
  const at::Tensor found =
      encoder_->forward(ids_, start_, {[&](const at::Tensor& x) { layers.push_back(x.clone()); }});
  ASSERT_EQ(layers.size(), static_cast<std::size_t>(config_.num_hidden_layers));
  EXPECT_TRUE(at::equal(layers.back(), found));
  EXPECT_TRUE(at::equal(found, encoder_->forward(ids_, start_)));
}

TEST_P(EncoderTest, TokensThatAreReadHaveTheVectorsThatTheyHaveAmongAll) {
  const at::Tensor all = encoder_->forward(ids_, start_);
  const auto check = [&](const std::vector<std::int64_t>& read) {
    EncoderReads reads;
    reads.tokens = &read;
    const at::Tensor found = encoder_->forward(ids_, start_, reads);
    ASSERT_EQ(found.sizes(), all.sizes());
    const at::Tensor index = at::tensor(read, at::kLong);
    if (!read.empty()) {
      EXPECT_LE((found - all).index_select(0, index).abs().max().item<float>(), 1e-5F) << read.size();
    }
  };
  std::vector<std::int64_t> odd, every;
  for (std::int64_t t = 0; t < start_.back(); ++t) {
    every.push_back(t);
    if (t % 2 == 1) odd.push_back(t);
  }
  check({});
  check({0});
  check({start_.back() - 1});
  check(odd);
  check(every);
}

TEST_P(EncoderTest, ASinkOfLayersReceivesAllTokensWhateverIsRead) {
  const std::vector<std::int64_t> read = {0};
  std::vector<at::Tensor> layers;
  EncoderReads reads{[&](const at::Tensor& x) { layers.push_back(x.clone()); }, &read};
  encoder_->forward(ids_, start_, reads);
  ASSERT_FALSE(layers.empty());
  EXPECT_TRUE(at::equal(layers.back(), encoder_->forward(ids_, start_)));
}

TEST_P(EncoderTest, TheNumberOfThreadsChangesNothing) {
  std::vector<at::Tensor> results;
  for (const int threads : {1, 2, 4}) {
    const IntraOpScope scope(threads);
    results.push_back(encoder_->forward(ids_, start_));
  }
  EXPECT_LE((results[0] - results[1]).abs().max().item<float>(), 1e-6F);
  EXPECT_LE((results[0] - results[2]).abs().max().item<float>(), 1e-6F);
}

TEST_P(EncoderTest, CarriesTheCheckpointsNamesAndUsesAllOfThem) {
  EXPECT_NO_THROW(store_.check_all_used());
  std::set<std::string> names, expected;
  for (const auto& parameter : encoder_->named_parameters()) names.insert("encoder." + parameter.key());
  for (const auto& [name, view] : store_.file().tensors()) expected.insert(name);
  for (const std::string& name : store_.unused()) expected.erase(name);
  EXPECT_EQ(names, expected);
}

TEST_P(EncoderTest, AFileWithoutOneTensorStopsTheLoadWithItsName) {
  const testing::Entries whole = testing::entries_of(store_.file());
  const auto unused = store_.unused();
  const std::set<std::string> not_needed(unused.begin(), unused.end());
  std::size_t checked = 0;
  for (const auto& [missing, ignored] : whole) {
    if (not_needed.count(missing) || checked++ % 5 != 0) continue;  // Every fifth: the test stays quick.
    testing::Entries rest = whole;
    rest.erase(missing);
    const testing::TempFolder folder;
    const std::string path = folder.write("model.safetensors", testing::checkpoint_bytes(rest));
    WeightStore store(std::make_shared<const WeightFile>(WeightFile::open(path)), at::kCPU);
    EXPECT_THAT(
        testing::error_of<ModelError>([&] { make_encoder(WeightScope(store) / "encoder", config_, 0); }),
        ::testing::HasSubstr("'" + missing + "'"));
  }
}

TEST(EncoderLimits, FollowTheFamily) {
  const c10::InferenceMode guard;
  const auto limit = [](const std::string& name) {
    const std::string folder = GLINER_TEST_DATA "/encoders/" + name;
    WeightStore store(std::make_shared<const WeightFile>(WeightFile::open(folder + "/model.safetensors")),
                      at::kCPU);
    return make_encoder(WeightScope(store) / "encoder", config_of(folder), 0)->max_sequence_tokens();
  };
  EXPECT_EQ(limit("bert-relu"), 80);
  EXPECT_EQ(limit("roberta"), 78);      // 80 - pad id 1 - 1
  EXPECT_EQ(limit("xlm-roberta"), 76);  // 80 - pad id 3 - 1
  EXPECT_EQ(limit("deberta-p2c"), 0);
  EXPECT_EQ(limit("deberta-absolute"), 128);
  EXPECT_EQ(limit("modernbert-local"), 0);
}

TEST(EncoderFactory, NamesAnUnknownKind) {
  const testing::TempFolder folder;
  const std::string path = folder.write("model.safetensors", testing::safetensors("{}"));
  WeightStore store(std::make_shared<const WeightFile>(WeightFile::open(path)), at::kCPU);
  EncoderConfig config;
  config.model_type = "electra";
  EXPECT_THAT(testing::error_of<ModelError>([&] { make_encoder(WeightScope(store), config, 0); }),
              ::testing::AllOf(::testing::HasSubstr("'electra'"), ::testing::HasSubstr("deberta-v2")));
}

}  // namespace
}  // namespace gliner
