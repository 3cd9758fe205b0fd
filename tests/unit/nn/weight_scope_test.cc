#include "nn/weight_scope.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "../io/test_files.h"
#include "nn/linear.h"

namespace gliner {
namespace {

using ::testing::AllOf;
using testing::error_of;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::safetensors;
using testing::TempFolder;

std::string bytes_of(const std::vector<float>& values) {
  std::string bytes(values.size() * sizeof(float), '\0');
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

// A file with a.weight [2, 3] F32, a.bias [2] F32 and steps [2] I64.
class WeightScopeTest : public ::testing::Test {
 protected:
  WeightScopeTest() : store_(open(0)), w_(store_) {}

  WeightStore open(std::size_t misalignment) {
    std::string header = R"({"a.weight":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
                         R"("a.bias":{"dtype":"F32","shape":[2],"data_offsets":[24,32]},)"
                         R"("steps":{"dtype":"I64","shape":[2],"data_offsets":[32,48]}})";
    while (header.size() % 8 != misalignment) header += ' ';
    path_ = folder_.write("model.safetensors",
                          safetensors(header, bytes_of({1, 2, 3, 4, 5, 6, 7, 8}) + std::string(16, '\0')));
    return WeightStore(std::make_shared<const WeightFile>(WeightFile::open(path_)), at::kCPU);
  }

  const c10::InferenceMode guard_;
  TempFolder folder_;
  std::string path_;
  WeightStore store_;
  WeightScope w_;
};

TEST_F(WeightScopeTest, GivesAViewOfTheMappedFile) {
  const at::Tensor weight = (w_ / "a").float32("weight", {2, 3}, "Test");
  EXPECT_TRUE(at::equal(weight, at::tensor({1.F, 2.F, 3.F, 4.F, 5.F, 6.F}).view({2, 3})));
  const auto* mapped = reinterpret_cast<const float*>(store_.file().tensors().at("a.weight").data);
  EXPECT_EQ(weight.data_ptr<float>(), mapped);
}

TEST_F(WeightScopeTest, ATensorKeepsTheFileMapped) {
  at::Tensor weight;
  {
    WeightStore own = open(0);
    weight = WeightScope(own).float32("a.weight", {2, 3}, "Test");
  }
  EXPECT_EQ(weight.sum().item<float>(), 21);
}

TEST_F(WeightScopeTest, CopiesWhatIsNotAligned) {
  WeightStore own = open(3);
  const at::Tensor weight = WeightScope(own).float32("a.weight", {2, 3}, "Test");
  EXPECT_EQ(weight.sum().item<float>(), 21);
  EXPECT_EQ(reinterpret_cast<std::uintptr_t>(weight.data_ptr()) % alignof(float), 0U);
}

TEST_F(WeightScopeTest, NamesAMissingTensor) {
  EXPECT_THAT(error_of<ModelError>([&] {
                (w_ / "a").float32("gain", {2, 3}, "LayerNorm");
              }),
              AllOf(HasSubstr(path_), HasSubstr("'a.gain'"), HasSubstr("expected shape [2, 3] for LayerNorm"),
                    HasSubstr("no such tensor")));
}

TEST_F(WeightScopeTest, NamesBothShapes) {
  EXPECT_THAT(error_of<ModelError>([&] {
                w_.float32("a.weight", {3, 2}, "Linear");
              }),
              AllOf(HasSubstr(path_), HasSubstr("'a.weight'"), HasSubstr("expected shape [3, 2] for Linear"),
                    HasSubstr("found [2, 3]")));
  EXPECT_THAT(error_of<ModelError>([&] { w_.float32("a.weight", {6}, "Linear"); }),
              HasSubstr("found [2, 3]"));
  EXPECT_THAT(error_of<ModelError>([&] {
                w_.float32("a.weight", {kAnySize, 4}, "Linear");
              }),
              HasSubstr("expected shape [any, 4]"));
  EXPECT_NO_THROW(w_.float32("a.weight", {kAnySize, 3}, "Linear"));
}

TEST_F(WeightScopeTest, NamesTheElementType) {
  EXPECT_THAT(error_of<ModelError>([&] { w_.float32("steps", {2}, "Embedding"); }),
              AllOf(HasSubstr(path_), HasSubstr("'steps'"),
                    HasSubstr("expected element type F32, F16 or BF16"), HasSubstr("found I64")));
}

TEST_F(WeightScopeTest, NamesEveryTensorThatIsLeftOver) {
  w_.float32("a.weight", {2, 3}, "Linear");
  EXPECT_THAT(error_of<ModelError>([&] { store_.check_all_used(); }),
              AllOf(HasSubstr(path_), HasSubstr("found 2 more"), HasSubstr("a.bias"), HasSubstr("steps"),
                    Not(HasSubstr("a.weight"))));
  w_.float32("a.bias", {2}, "Linear");
  w_.not_needed("steps", "a counter of training");
  w_.not_needed("absent", "not in every file");
  EXPECT_NO_THROW(store_.check_all_used());

  const std::vector<TensorReport> report = store_.report();
  ASSERT_EQ(report.size(), 3U);
  EXPECT_EQ(report[1].name, "a.weight");
  EXPECT_EQ(report[1].use, "Linear");
  EXPECT_EQ(report[1].dtype, "F32");
  EXPECT_EQ(report[2].use, "not used: a counter of training");
  EXPECT_EQ(store_.unused(), std::vector<std::string>{"steps"});
}

TEST_F(WeightScopeTest, AModuleCarriesTheFilesNames) {
  const Linear linear(w_ / "a", 3, 2);
  std::vector<std::string> names;
  for (const auto& parameter : linear.named_parameters()) names.push_back(parameter.key());
  EXPECT_EQ(names, (std::vector<std::string>{"weight", "bias"}));
  const at::Tensor y = linear.forward(at::ones({1, 3}));
  EXPECT_TRUE(at::allclose(y, at::tensor({6.F + 7.F, 15.F + 8.F}).view({1, 2})));
}

}  // namespace
}  // namespace gliner
