#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "nn/cpu/kernels.h"

namespace gliner {
namespace {

class QuantizedKernelsTest : public ::testing::TestWithParam<const CpuKernels*> {};

INSTANTIATE_TEST_SUITE_P(Sets, QuantizedKernelsTest, ::testing::ValuesIn(available_cpu_kernels()),
                         [](const auto& set) { return std::string(set.param->name); });

std::vector<float> random_floats(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal(0.3F, 1.0F);
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

TEST_P(QuantizedKernelsTest, StepsAreTheNearestAndReachBothEnds) {
  for (const std::size_t count : {1, 2, 7, 16, 40, 61, 768}) {
    const std::vector<float> x = random_floats(count, static_cast<unsigned>(count));
    std::vector<std::uint8_t> steps(count);
    float scale[2];
    GetParam()->quantize_row(x.data(), static_cast<std::int64_t>(count), steps.data(), scale);
    const auto [least, greatest] = std::minmax_element(x.begin(), x.end());
    EXPECT_EQ(scale[1], *least);
    EXPECT_EQ(steps[static_cast<std::size_t>(least - x.begin())], 0);
    if (count > 1) {
      EXPECT_EQ(steps[static_cast<std::size_t>(greatest - x.begin())], 255);
    }
    for (std::size_t i = 0; i < count; ++i)
      EXPECT_NEAR(scale[1] + scale[0] * static_cast<float>(steps[i]), x[i], scale[0] * 0.5001F) << i;
  }
}

TEST_P(QuantizedKernelsTest, RowsAreScaledAsDefined) {
  for (const std::int64_t columns : {1, 5, 16, 33, 100})
    for (const RowActivation activation : {RowActivation::kNone, RowActivation::kGelu, RowActivation::kRelu})
      for (const bool accumulate : {false, true}) {
        const std::int64_t rows = 3;
        const auto cells = static_cast<std::size_t>(rows * columns);
        const auto width = static_cast<std::size_t>(columns);
        const std::vector<float> noise = random_floats(cells, 5);
        std::vector<std::int32_t> sums(cells);
        for (std::size_t i = 0; i < cells; ++i) sums[i] = static_cast<std::int32_t>(noise[i] * 40000);
        const std::vector<float> row_scale = {1e-2F, -0.4F, 3e-3F, 0.0F, 2e-2F, -1.5F};
        std::vector<float> column_scale = random_floats(width, 6);
        for (float& value : column_scale) value = std::abs(value) * 1e-3F;
        const std::vector<float> column_offset = random_floats(width, 7), bias = random_floats(width, 8);
        const std::vector<float> before = random_floats(cells, 9);
        std::vector<float> y = before;
        ScaledRows s;
        s.sums = sums.data();
        s.row_scale = row_scale.data();
        s.column_scale = column_scale.data();
        s.column_offset = column_offset.data();
        s.bias = bias.data();
        s.rows = rows;
        s.columns = columns;
        s.activation = activation;
        s.accumulate = accumulate;
        s.y = y.data();
        GetParam()->scale_rows(s);
        for (std::int64_t row = 0; row < rows; ++row)
          for (std::int64_t c = 0; c < columns; ++c) {
            const auto at = static_cast<std::size_t>(row * columns + c);
            const auto column = static_cast<std::size_t>(c);
            double value = static_cast<double>(column_scale[column]) *
                               row_scale[static_cast<std::size_t>(2 * row)] * sums[at] +
                           static_cast<double>(column_offset[column]) *
                               row_scale[static_cast<std::size_t>(2 * row + 1)] +
                           bias[column];
            if (activation == RowActivation::kGelu)
              value = value / 2 * (1 + std::erf(value / std::sqrt(2.0)));
            if (activation == RowActivation::kRelu) value = std::max(value, 0.0);
            if (accumulate) value += before[at];
            ASSERT_NEAR(y[at], value, 2e-6 * (1 + std::abs(value))) << columns << " columns, cell " << at;
          }
      }
}

}  // namespace
}  // namespace gliner
