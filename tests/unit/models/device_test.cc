#include "models/device.h"

#include <ATen/Context.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "../io/test_files.h"
#include "gliner/error.h"
#include "nn/graph_capture.h"

namespace gliner {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::error_of;
using ::testing::HasSubstr;

bool has_card() { return at::globalContext().hasCUDA(); }

TEST(Device, TheCpuStandsAlone) {
  EXPECT_THAT(resolve_devices("cpu"), ElementsAre("cpu"));
  for (const char* names : {"cpu,cpu", "cpu,cuda:0", "cuda:0,", ",", "cuda:x", "auto,cpu", "CPU"})
    EXPECT_THROW(resolve_devices(names), InputError) << names;
}

TEST(Device, AutoIsTheCpuWhereThereIsNoCard) {
  EXPECT_THAT(resolve_devices("auto"), ElementsAre(has_card() ? "cuda:0" : "cpu"));
}

TEST(Device, ACardThatIsNotThereIsRefused) {
  if (has_card()) GTEST_SKIP() << "there is a card";
  for (const char* names : {"cuda", "cuda:0", "cuda:0,cuda:1"})
    EXPECT_THAT(error_of<InputError>([&] { resolve_devices(names); }),
                AllOf(HasSubstr("cuda"), HasSubstr("cpu")));
}

TEST(Device, CardsAreCountedFromZeroAndNamedOnce) {
  if (!has_card()) GTEST_SKIP() << "needs a CUDA card";
  EXPECT_THAT(resolve_devices("cuda"), ElementsAre("cuda:0"));
  EXPECT_THROW(resolve_devices("cuda:0,cuda:0"), InputError);
  EXPECT_THROW(resolve_devices("cuda:1000"), InputError);
}

TEST(Device, DtypesNameWhatToUseInstead) {
  EXPECT_THAT(error_of<InputError>([] { check_dtype(ComputeDtype::kFloat16, c10::kCPU); }),
              AllOf(HasSubstr("float16"), HasSubstr("float32")));
  EXPECT_THAT(error_of<InputError>([] { check_dtype(ComputeDtype::kInt8, c10::kCUDA); }),
              AllOf(HasSubstr("int8"), HasSubstr("bfloat16")));
  EXPECT_NO_THROW(check_dtype(ComputeDtype::kBfloat16, c10::kCUDA)) << "whatever the CPU is";
  EXPECT_NO_THROW(check_dtype(ComputeDtype::kFloat16, c10::kCUDA));
}

TEST(Device, ACpuRefusesTheOptionsOfCards) {
  const auto refused = [](const auto& change) {
    LoadOptions options;
    change(options);
    return error_of<InputError>([&] { apply_device_options(options, c10::kCPU); });
  };
  EXPECT_THAT(refused([](LoadOptions& o) { o.tf32 = true; }), HasSubstr("tf32"));
  EXPECT_THAT(refused([](LoadOptions& o) { o.batch_tokens = 4096; }), HasSubstr("batch_tokens"));
  EXPECT_THAT(refused([](LoadOptions& o) { o.batch_tokens = -1; }), HasSubstr("batch_tokens"));
  EXPECT_THAT(refused([](LoadOptions& o) { o.memory_fraction = 0.5; }), HasSubstr("memory_fraction"));
  EXPECT_THAT(refused([](LoadOptions& o) { o.memory_fraction = 1.5; }), HasSubstr("memory_fraction"));
  EXPECT_THAT(refused([](LoadOptions& o) { o.cuda_graphs = true; }), HasSubstr("cuda_graphs"));
  EXPECT_NO_THROW(apply_device_options(LoadOptions{}, c10::kCPU));
}

TEST(Device, ABuildThatCannotCaptureRefusesGraphs) {
  if (cuda_graphs_missing().empty()) GTEST_SKIP() << "this build can";
  LoadOptions options;
  options.cuda_graphs = true;
  EXPECT_THAT(error_of<InputError>([&] { apply_device_options(options, c10::Device("cuda:0")); }),
              AllOf(HasSubstr("cuda_graphs"), HasSubstr(cuda_graphs_missing())));
}

TEST(Device, KnowsTheWaysInWhichMemoryRunsOut) {
  const auto is_memory = [](const std::string& message) {
    return is_out_of_memory(c10::Error({"f", "here", 1}, message));
  };
  EXPECT_TRUE(is_memory("CUDA out of memory. Tried to allocate 2.00 GiB"));
  EXPECT_TRUE(is_memory("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"));
  EXPECT_TRUE(is_out_of_memory(c10::OutOfMemoryError({"f", "here", 1}, "full")));
  EXPECT_FALSE(is_memory("CUDA error: an illegal memory access was encountered"));
}

}  // namespace
}  // namespace gliner
