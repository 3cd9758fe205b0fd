#include "nn/linear.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <dnnl.hpp>
#include <thread>

#include "gliner/error.h"
#include "nn/cpu_features.h"
#include "nn/panel_matmul.h"
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

// Shapes of whole panels, which this engine's own kernel multiplies where the CPU has AVX-512; one and
// several blocks of rows, with one thread and with more than there are panels.
TEST(Projection, OfWholePanelsEqualsThePlainForm) {
  const c10::InferenceMode guard;
  at::manual_seed(2);
  for (const auto& [in, out] : {std::pair<std::int64_t, std::int64_t>{48, 64}, {1600, 192}, {768, 320}}) {
    const at::Tensor weight = at::randn({out, in}) * 0.1;
    const at::Tensor bias = at::randn({out});
    const Projection gelu(weight, bias, Activation::kGelu, at::kCPU);
    const Projection linear(weight, bias, std::nullopt, at::kCPU);
    for (const int threads : {1, 2, 7}) {
      const IntraOpScope scope(threads);
      for (const std::int64_t rows : {1, 6, 61, 140, 401}) {
        SCOPED_TRACE(::testing::Message() << rows << " x " << in << " x " << out << ", " << threads);
        const at::Tensor x = at::randn({rows, in});
        const at::Tensor expected = plain_projection(x, weight, bias, std::nullopt);
        EXPECT_TRUE(at::allclose(linear.forward(x), expected, 1e-4, 1e-4));
        EXPECT_TRUE(at::allclose(gelu.forward(x), at::gelu(expected), 1e-4, 1e-4));
        const at::Tensor residual = at::randn({rows, out});
        EXPECT_TRUE(at::allclose(linear.forward_add(x, residual.clone()), expected + residual, 1e-4, 1e-4));
      }
    }
  }
}

TEST(PanelGrid, UsesAllThreadsOrLeavesTheProductToOthers) {
  for (std::int64_t rows = 1; rows <= 400; rows += 7)
    for (const std::int64_t panels : {1, 2, 5, 12, 36, 48})
      for (std::int64_t threads = 1; threads <= 64; ++threads) {
        const auto grid = panel_grid(rows, panels, threads);
        const std::int64_t tiles = (rows + kPanelProductRows - 1) / kPanelProductRows;
        if (!grid) {
          EXPECT_GT(threads, 1);
          continue;
        }
        const std::int64_t parts = grid->row_parts * grid->column_parts;
        EXPECT_LE(parts, threads);
        EXPECT_LE(grid->row_parts, tiles);
        EXPECT_LE(grid->column_parts, panels);
        EXPECT_GE(static_cast<double>(parts), 0.8 * static_cast<double>(threads))
            << rows << " rows, " << panels << " panels, " << threads << " threads";
      }
}

TEST(Projection, Bfloat16RoundsBothFactorsAndSumsInFloat32) {
  const c10::InferenceMode guard;
  at::manual_seed(4);
  const at::Tensor weight = at::randn({29, 40}) * 0.2;
  const at::Tensor bias = at::randn({29});
  const auto rounded = [](const at::Tensor& t) { return t.to(at::kBFloat16).to(at::kFloat); };
  for (const std::optional<Activation> activation :
       {std::optional<Activation>(), std::optional<Activation>(Activation::kGelu)}) {
    const auto projection = [&]() -> std::optional<Projection> {
      try {
        return Projection(weight, bias, activation, at::kCPU, ComputeDtype::kBfloat16);
      } catch (const dnnl::error&) {
        return std::nullopt;
      }
    }();
    if (!projection) GTEST_SKIP() << "oneDNN has no bfloat16 product for this CPU";
    for (const std::int64_t rows : {1, 33, 130}) {
      const at::Tensor x = at::randn({rows, 40});
      const at::Tensor expected = plain_projection(rounded(x), rounded(weight), bias, activation);
      EXPECT_TRUE(at::allclose(projection->forward(x), expected, kTolerance, kTolerance)) << rows << " rows";
    }
  }
}

// QuantizedMatmul in plain operations, sums exact in double.
at::Tensor plain_int8(const at::Tensor& x, const at::Tensor& weight, const at::Tensor& bias,
                      std::optional<Activation> activation) {
  const at::Tensor scale = weight.abs().amax(1, true) / 127;  // [out, 1]
  const at::Tensor steps = at::round(weight / scale);
  const at::Tensor least = x.amin(1, true);  // [N, 1]
  const at::Tensor step = (x.amax(1, true) - least) / 255;
  const at::Tensor x_steps = at::floor(at::clamp_max((x - least) * (1 / step), 255) + 0.5);
  const at::Tensor back = least.to(at::kDouble) + x_steps.to(at::kDouble) * step.to(at::kDouble);
  const at::Tensor weight_back = steps.to(at::kDouble) * scale.to(at::kDouble);
  at::Tensor y = at::linear(back, weight_back);
  if (bias.defined()) y = y + bias.to(at::kDouble);
  return (activation ? activate(y, *activation) : y).to(at::kFloat);
}

TEST(Projection, Int8EqualsItsPlainFormForEveryActivationAndRowCount) {
  if (!cpu_has_int8()) GTEST_SKIP() << "this CPU lacks VNNI";
  const c10::InferenceMode guard;
  at::manual_seed(3);
  const at::Tensor weight = at::randn({29, 40}) * 0.2;
  const at::Tensor bias = at::randn({29});
  const std::optional<Activation> activations[] = {std::nullopt, Activation::kGelu, Activation::kRelu,
                                                   Activation::kTanh};
  for (const auto& activation : activations)
    for (const bool with_bias : {true, false}) {
      const at::Tensor b = with_bias ? bias : at::Tensor();
      const Projection projection(weight, b, activation, at::kCPU, ComputeDtype::kInt8);
      for (const std::int64_t rows : {1, 3, 33, 300}) {
        const at::Tensor x = at::randn({rows, 40});
        const at::Tensor expected = plain_int8(x, weight, b, activation);
        EXPECT_TRUE(at::allclose(projection.forward(x), expected, kTolerance, kTolerance)) << rows << " rows";
        if (activation) continue;
        const at::Tensor residual = at::randn({rows, 29});
        EXPECT_TRUE(at::allclose(projection.forward_add(x, residual.clone()), expected + residual, kTolerance,
                                 kTolerance))
            << rows << " rows with a residual";
      }
    }
  EXPECT_EQ(Projection(weight, bias, std::nullopt, at::kCPU, ComputeDtype::kInt8)
                .forward(at::empty({0, 40}))
                .size(0),
            0);
}

TEST(Projection, Int8TakesRowsOfOneValue) {
  if (!cpu_has_int8()) GTEST_SKIP() << "this CPU lacks VNNI";
  const c10::InferenceMode guard;
  const at::Tensor weight = at::ones({3, 8});
  const Projection projection(weight, {}, std::nullopt, at::kCPU, ComputeDtype::kInt8);
  EXPECT_TRUE(at::allclose(projection.forward(at::full({2, 8}, 0.25)), at::full({2, 3}, 2.0)));
  EXPECT_TRUE(at::allclose(projection.forward(at::zeros({2, 8})), at::zeros({2, 3})));
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
      EXPECT_LE(static_cast<double>(row_capacity(rows) - rows), 0.125 * static_cast<double>(rows));
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
