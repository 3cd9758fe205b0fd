#include "nn/linear.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <thread>

#include "gliner/error.h"
#include "nn/rows.h"
#include "nn/threads.h"

namespace gliner {
namespace {

constexpr float kTolerance = 2e-5F;

TEST(Projection, EqualsThePlainFormForEveryActivationAndRowCount) {
  const c10::InferenceMode guard;
  at::manual_seed(1);
  const at::Tensor weight = at::randn({29, 40}) * 0.2;
  const at::Tensor bias = at::randn({29});
  const std::optional<Activation> activations[] = {std::nullopt,          Activation::kGelu,
                                                   Activation::kGeluTanh, Activation::kRelu,
                                                   Activation::kSilu,     Activation::kTanh};
  for (const auto& activation : activations)
    for (const bool with_bias : {true, false}) {
      const at::Tensor b = with_bias ? bias : at::Tensor();
      const Projection projection(weight, b, activation, at::kCPU);
      for (const std::int64_t rows : {0, 1, 2, 3, 5, 16, 33, 130, 257}) {
        const at::Tensor x = at::randn({rows, 40});
        const at::Tensor expected = plain_projection(x, weight, b, activation);
        const at::Tensor found = projection.forward(x);
        ASSERT_EQ(found.sizes(), expected.sizes());
        EXPECT_TRUE(at::allclose(found, expected, kTolerance, kTolerance)) << rows << " rows";
        if (activation) continue;
        const at::Tensor residual = at::randn({rows, 29});
        EXPECT_TRUE(at::allclose(projection.forward_add(x, residual.clone()), expected + residual, kTolerance,
                                 kTolerance))
            << rows << " rows with a residual";
      }
    }
}

TEST(Projection, RefusesAResidualBehindAnActivation) {
  const c10::InferenceMode guard;
  const Projection projection(at::randn({4, 4}), {}, Activation::kRelu, at::kCPU);
  EXPECT_THROW(projection.forward_add(at::randn({2, 4}), at::randn({2, 4})), InternalError);
}

TEST(Projection, TakesAnyFloatType) {
  const c10::InferenceMode guard;
  at::manual_seed(2);
  const at::Tensor x = at::randn({6, 16});
  for (const auto type : {at::kHalf, at::kBFloat16}) {
    const at::Tensor weight = at::randn({8, 16}).to(type);
    const at::Tensor bias = at::randn({8}).to(type);
    const Projection projection(weight, bias, std::nullopt, at::kCPU);
    const at::Tensor expected = at::linear(x, weight.to(at::kFloat), bias.to(at::kFloat));
    EXPECT_TRUE(at::allclose(projection.forward(x), expected, kTolerance, kTolerance));
  }
}

TEST(Projection, LeavesTheRowsBehindAViewAlone) {
  const c10::InferenceMode guard;
  at::manual_seed(3);
  const Projection projection(at::randn({8, 8}), at::randn({8}), std::nullopt, at::kCPU);
  const at::Tensor all = at::randn({64, 8});
  const at::Tensor before = all.clone();
  const at::Tensor first = all.narrow(0, 0, 5);
  projection.forward_add(at::randn({5, 8}), first);
  EXPECT_TRUE(at::equal(all.narrow(0, 5, 59), before.narrow(0, 5, 59)));
  const at::Tensor reused = projection.forward(at::randn({5, 8}), first);
  EXPECT_TRUE(at::equal(all.narrow(0, 5, 59), before.narrow(0, 5, 59)));
}

TEST(Projection, WritesIntoTheBufferItIsOffered) {
  const c10::InferenceMode guard;
  const Projection projection(at::randn({8, 8}), {}, std::nullopt, at::kCPU);
  const at::Tensor buffer = new_rows(21, 8, at::kCPU);
  EXPECT_EQ(projection.forward(at::randn({21, 8}), buffer).data_ptr(), buffer.data_ptr());
  const at::Tensor residual = new_rows(21, 8, at::kCPU).zero_();
  EXPECT_EQ(projection.forward_add(at::randn({21, 8}), residual).data_ptr(), residual.data_ptr());
}

TEST(Projection, GivesTheSameFromManyThreads) {
  const c10::InferenceMode guard;
  at::manual_seed(4);
  const Projection projection(at::randn({24, 32}), at::randn({24}), Activation::kGelu, at::kCPU);
  std::vector<at::Tensor> inputs, expected;
  for (std::int64_t i = 0; i < 24; ++i) {
    inputs.push_back(at::randn({1 + i * 3, 32}));
    expected.push_back(projection.forward(inputs.back()));
  }
  std::vector<int> wrong(4, 0);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < wrong.size(); ++t)
    threads.emplace_back([&, t] {
      const c10::InferenceMode thread_guard;
      const IntraOpScope scope(static_cast<int>(t % 2) + 1);
      for (int round = 0; round < 5; ++round)
        for (std::size_t i = 0; i < inputs.size(); ++i)
          if (!at::allclose(projection.forward(inputs[i]), expected[i], kTolerance, kTolerance)) ++wrong[t];
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4, 0));
}

TEST(RowCapacity, CoversTheRowsWithLittleWaste) {
  for (std::int64_t rows = 0; rows < 5000; ++rows) {
    EXPECT_GE(row_capacity(rows), rows);
    if (rows > 32) {
      EXPECT_LE(static_cast<double>(row_capacity(rows) - rows), 0.22 * static_cast<double>(rows));
    }
    EXPECT_EQ(row_capacity(row_capacity(rows)), row_capacity(rows));
  }
  const at::Tensor x = new_rows(5, 3, at::kCPU);
  EXPECT_TRUE(has_writable_capacity(x));
  EXPECT_TRUE(has_readable_capacity(x.narrow(0, 0, 2)));
  EXPECT_FALSE(has_writable_capacity(x.narrow(0, 0, 2)));
  EXPECT_FALSE(has_readable_capacity(at::zeros({5, 3})));
}

}  // namespace
}  // namespace gliner
