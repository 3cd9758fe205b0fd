#include "nn/cpu/kernels.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <random>

namespace gliner {
namespace {

std::vector<float> random_floats(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  std::vector<float> values(count);
  for (float& value : values) value = normal(random);
  return values;
}

// One pass over every instruction set that this machine has, the baseline among them.
class CpuKernelsTest : public ::testing::TestWithParam<const CpuKernels*> {};

INSTANTIATE_TEST_SUITE_P(Sets, CpuKernelsTest, ::testing::ValuesIn(available_cpu_kernels()),
                         [](const auto& set) { return std::string(set.param->name); });

struct AttentionShape {
  std::int64_t length, head_size, window;
  bool tables;
};

// The entry for dimension c and distance d in a table of AttentionHead.
double table_entry(const float* table, std::int64_t head_size, std::int64_t c, std::int64_t d) {
  const auto panel = static_cast<std::int64_t>(std::floor(static_cast<double>(d) / kAttentionPanel));
  const std::int64_t rest = d - panel * kAttentionPanel;
  return table[-panel * kAttentionPanel * head_size + c * kAttentionPanel + kAttentionPanel - 1 - rest];
}

bool sees(const AttentionHead& h, std::int64_t i, std::int64_t j) {
  return (h.window < 0 || std::abs(i - j) <= h.window) && (!h.causal || j <= i);
}

// The definition in kernels.h in double precision.
std::vector<double> attention_by_definition(const AttentionHead& h) {
  std::vector<double> out(static_cast<std::size_t>((h.length - h.first_query) * h.head_size), 0.0);
  for (std::int64_t i = h.first_query; i < h.length; ++i) {
    const std::int64_t row = i - h.first_query;
    std::vector<double> weights(static_cast<std::size_t>(h.length), 0.0);
    double largest = -1e300;
    for (std::int64_t j = 0; j < h.length; ++j) {
      double score = 0;
      for (std::int64_t d = 0; d < h.head_size; ++d) {
        const double q = h.query[row * h.stride + d];
        const double k = h.key[j * h.key_stride + d];
        score += q * k;
        if (h.position_key) score += q * table_entry(h.position_key, h.head_size, d, i - j);
        if (h.position_query) score += k * table_entry(h.position_query, h.head_size, d, i - j);
      }
      weights[static_cast<std::size_t>(j)] = score * h.scale;
      if (sees(h, i, j)) largest = std::max(largest, weights[static_cast<std::size_t>(j)]);
    }
    double total = 0;
    for (std::int64_t j = 0; j < h.length; ++j) {
      double& weight = weights[static_cast<std::size_t>(j)];
      weight = sees(h, i, j) ? std::exp(weight - largest) : 0;
      total += weight;
    }
    for (std::int64_t j = 0; j < h.length; ++j)
      for (std::int64_t d = 0; d < h.head_size; ++d)
        out[static_cast<std::size_t>(row * h.head_size + d)] +=
            weights[static_cast<std::size_t>(j)] / total * h.value[j * h.key_stride + d];
  }
  return out;
}

// What the kernels make of `h`, [queries, out_stride]. Guards behind the result and the scratch space show
// that their sizes are enough.
std::vector<float> attended(const CpuKernels& kernels, AttentionHead h) {
  std::vector<float> out(static_cast<std::size_t>((h.length - h.first_query) * h.out_stride) + 1, 7.0F);
  std::vector<float> scratch(static_cast<std::size_t>(attention_scratch_floats(h.length, h.head_size)) + 1,
                             5.0F);
  h.out = out.data();
  h.scratch = scratch.data();
  kernels.attention_head(h);
  EXPECT_EQ(out.back(), 7.0F) << "wrote behind the last query";
  EXPECT_EQ(scratch.back(), 5.0F) << "wrote behind its scratch space";
  out.pop_back();
  return out;
}

TEST_P(CpuKernelsTest, AttentionEqualsItsDefinition) {
  // Rows, keys and dimensions on both sides of whole vectors, windows, one and several blocks of queries and
  // parts of keys.
  const AttentionShape shapes[] = {
      {1, 4, -1, true},    {2, 9, -1, true},     {5, 12, -1, false}, {31, 16, -1, true},  {32, 64, -1, true},
      {33, 64, -1, false}, {67, 32, 5, false},   {40, 80, 0, true},  {130, 13, 64, true}, {15, 5, -1, false},
      {111, 20, -1, true}, {250, 33, -1, true},  {257, 8, -1, true}, {300, 6, 20, false}, {530, 4, 200, true},
      {700, 7, -1, false}, {600, 48, 256, false}};
  for (const AttentionShape& shape : shapes) {
    SCOPED_TRACE(::testing::Message() << "length " << shape.length << ", head size " << shape.head_size);
    AttentionHead h;
    h.length = shape.length;
    h.head_size = shape.head_size;
    h.window = shape.window;
    h.stride = h.key_stride = 3 * h.head_size + 1;
    h.scale = 0.37F;
    const auto qkv = random_floats(static_cast<std::size_t>(h.length * h.stride), 1);
    h.query = qkv.data();
    h.key = h.query + h.head_size;
    h.value = h.key + h.head_size;
    const std::int64_t panels = (h.length + kAttentionPanel - 1) / kAttentionPanel;
    const std::int64_t table_floats = 2 * panels * h.head_size * kAttentionPanel;
    const auto tables = random_floats(static_cast<std::size_t>(2 * table_floats), 2);
    if (shape.tables) {
      h.position_key = tables.data() + (panels - 1) * h.head_size * kAttentionPanel;
      h.position_query = h.position_key + table_floats;
    }
    h.out_stride = h.head_size + 3;
    const std::vector<float> out = attended(*GetParam(), h);
    const std::vector<double> expected = attention_by_definition(h);
    for (std::int64_t i = 0; i < h.length; ++i) {
      for (std::int64_t d = 0; d < h.head_size; ++d)
        ASSERT_NEAR(out[static_cast<std::size_t>(i * h.out_stride + d)],
                    expected[static_cast<std::size_t>(i * h.head_size + d)], 2e-5);
      for (std::int64_t d = h.head_size; d < h.out_stride; ++d)
        ASSERT_EQ(out[static_cast<std::size_t>(i * h.out_stride + d)], 7.0F) << "wrote behind the head";
    }
  }
}

TEST_P(CpuKernelsTest, CausalAttentionOfNewTokensEqualsItsDefinition) {
  struct Shape {
    std::int64_t first_query, length, head_size, window;
  };
  // All tokens new, one new, some; one and several blocks of queries and parts of keys.
  const Shape shapes[] = {{0, 1, 8, -1},      {0, 70, 20, -1},   {0, 400, 9, -1},
                          {69, 70, 64, -1},   {3, 17, 12, -1},   {511, 512, 7, -1},
                          {300, 315, 64, -1}, {257, 700, 6, -1}, {100, 300, 16, 20}};
  for (const Shape& shape : shapes) {
    SCOPED_TRACE(::testing::Message() << shape.first_query << " of " << shape.length << " were read before");
    AttentionHead h;
    h.first_query = shape.first_query;
    h.length = shape.length;
    h.head_size = shape.head_size;
    h.window = shape.window;
    h.causal = true;
    h.scale = 0.6F;
    h.stride = h.head_size + 5;
    h.key_stride = 2 * h.head_size + 1;
    const std::int64_t queries = h.length - h.first_query;
    const auto query = random_floats(static_cast<std::size_t>(queries * h.stride), 1);
    const auto keys = random_floats(static_cast<std::size_t>(h.length * h.key_stride), 2);
    h.query = query.data();
    h.key = keys.data();
    h.value = h.key + h.head_size;
    h.out_stride = h.head_size;
    const std::vector<float> out = attended(*GetParam(), h);
    const std::vector<double> expected = attention_by_definition(h);
    for (std::size_t i = 0; i < expected.size(); ++i) ASSERT_NEAR(out[i], expected[i], 2e-5) << i;
  }
}

TEST_P(CpuKernelsTest, HiddenKeysWeighNothing) {
  // Any weight, of the least normal number too, would show beside values as large as these.
  constexpr std::int64_t kLength = 90, kHeadSize = 20, kWindow = 7, kFirstLarge = 60;
  AttentionHead h;
  h.length = kLength;
  h.head_size = kHeadSize;
  h.window = kWindow;
  h.stride = h.key_stride = 3 * kHeadSize;
  h.scale = 0.3F;
  auto qkv = random_floats(static_cast<std::size_t>(kLength * h.stride), 8);
  h.query = qkv.data();
  h.key = h.query + kHeadSize;
  h.value = h.key + kHeadSize;
  const std::vector<double> expected = attention_by_definition(h);
  for (std::int64_t j = kFirstLarge; j < kLength; ++j)
    for (std::int64_t d = 0; d < kHeadSize; ++d)
      qkv[static_cast<std::size_t>(j * h.stride + 2 * kHeadSize + d)] = 1e37F;
  h.out_stride = kHeadSize;
  const std::vector<float> out = attended(*GetParam(), h);
  for (std::int64_t i = 0; i + kWindow < kFirstLarge; ++i)
    for (std::int64_t d = 0; d < kHeadSize; ++d) {
      const auto at = static_cast<std::size_t>(i * kHeadSize + d);
      ASSERT_NEAR(out[at], expected[at], 2e-5) << "query " << i;
    }
}

// A table of `head_size` x distances -16 * panels ... 16 * panels - 1 whose entries stay what they are at
// +-far, and the same with nothing but NaN where the kernel must not read.
struct FarTable {
  FarTable(std::int64_t head_size, std::int64_t panels, std::int64_t far, unsigned seed)
      : head_size_(head_size), panels_(panels) {
    whole_ = random_floats(static_cast<std::size_t>(2 * panels * head_size * kAttentionPanel), seed);
    const std::int64_t reach =
        (far + kAttentionFarRim + kAttentionPanel - 1) / kAttentionPanel * kAttentionPanel;
    for (std::int64_t c = 0; c < head_size; ++c)
      for (std::int64_t d = -panels * kAttentionPanel; d < panels * kAttentionPanel; ++d)
        if (std::abs(d) > far) at(whole_, c, d) = at(whole_, c, d > 0 ? far : -far);
    near_ = whole_;
    for (std::int64_t c = 0; c < head_size; ++c)
      for (std::int64_t d = -panels * kAttentionPanel; d < panels * kAttentionPanel; ++d)
        if (d >= reach || d < -reach) at(near_, c, d) = std::nanf("");
  }

  const float* whole() const { return whole_.data() + middle(); }
  const float* near() const { return near_.data() + middle(); }

 private:
  std::int64_t middle() const { return (panels_ - 1) * head_size_ * kAttentionPanel; }
  float& at(std::vector<float>& table, std::int64_t c, std::int64_t d) const {
    const std::int64_t panel = (d + panels_ * kAttentionPanel) / kAttentionPanel - panels_;
    const std::int64_t rest = d - panel * kAttentionPanel;
    return table[static_cast<std::size_t>(middle() - panel * kAttentionPanel * head_size_ +
                                          c * kAttentionPanel + kAttentionPanel - 1 - rest)];
  }

  std::int64_t head_size_, panels_;
  std::vector<float> whole_, near_;
};

TEST_P(CpuKernelsTest, AttentionToFarKeysEqualsItsDefinitionAndReadsNoTableFarther) {
  struct Shape {
    std::int64_t length, head_size, far;
  };
  for (const Shape& shape : {Shape{40, 8, 1},
                             {130, 16, 3},
                             {129, 5, 128},
                             {500, 12, 16},
                             {611, 9, 37},
                             {900, 16, 250},
                             {1201, 4, 512},
                             {700, 64, 200}}) {
    SCOPED_TRACE(::testing::Message() << "length " << shape.length << ", far " << shape.far);
    const std::int64_t panels =
        (std::max(shape.length, shape.far + kAttentionFarRim) + kAttentionPanel - 1) / kAttentionPanel;
    const FarTable key(shape.head_size, panels, shape.far, 3);
    const FarTable query(shape.head_size, panels, shape.far, 4);
    AttentionHead h;
    h.length = shape.length;
    h.head_size = shape.head_size;
    h.stride = h.key_stride = 3 * h.head_size;
    h.scale = 0.2F;
    const auto qkv = random_floats(static_cast<std::size_t>(h.length * h.stride), 1);
    h.query = qkv.data();
    h.key = h.query + h.head_size;
    h.value = h.key + h.head_size;
    h.out_stride = h.head_size;
    h.position_key = key.near();
    h.position_query = query.near();
    h.far = shape.far;
    const std::vector<float> out = attended(*GetParam(), h);

    h.position_key = key.whole();
    h.position_query = query.whole();
    const std::vector<double> expected = attention_by_definition(h);
    for (std::size_t i = 0; i < out.size(); ++i) ASSERT_NEAR(out[i], expected[i], 2e-5) << i;
  }
}

// The largest score moves from part to part of the keys, up as well as down.
TEST_P(CpuKernelsTest, AttentionFindsTheLargestScoreInAnyPartOfTheKeys) {
  constexpr std::int64_t kLength = 900;
  for (const std::int64_t winner : {3, 400, 899}) {
    auto qkv = random_floats(static_cast<std::size_t>(kLength * 12), 5);
    for (std::int64_t i = 0; i < kLength; ++i) qkv[static_cast<std::size_t>(i * 12)] = 2.0F;
    for (std::int64_t j = 0; j < kLength; ++j)
      qkv[static_cast<std::size_t>(j * 12 + 4)] = j == winner ? 60.0F : static_cast<float>(j % 300) / 20.0F;
    AttentionHead h;
    h.length = kLength;
    h.head_size = 4;
    h.stride = h.key_stride = 12;
    h.query = qkv.data();
    h.key = h.query + 4;
    h.value = h.key + 4;
    h.out_stride = 4;
    const std::vector<float> out = attended(*GetParam(), h);
    const std::vector<double> expected = attention_by_definition(h);
    for (std::size_t i = 0; i < out.size(); ++i)
      ASSERT_NEAR(out[i], expected[i], 1e-5) << "winner " << winner;
  }
}

double activated(double x, RowActivation activation) {
  constexpr double kPi = 3.14159265358979323846;
  switch (activation) {
    case RowActivation::kNone:
      return x;
    case RowActivation::kGelu:
      return x / 2 * (1 + std::erf(x / std::sqrt(2.0)));
    case RowActivation::kGeluTanh:
      return x / 2 * (1 + std::tanh(std::sqrt(2 / kPi) * (x + 0.044715 * x * x * x)));
    case RowActivation::kRelu:
      return std::max(x, 0.0);
    case RowActivation::kSilu:
      return x / (1 + std::exp(-x));
    case RowActivation::kTanh:
      return std::tanh(x);
  }
  return x;
}

TEST_P(CpuKernelsTest, PanelProductEqualsItsDefinition) {
  struct Shape {
    std::int64_t rows, depth, panels;
    bool bias, accumulate;
    RowActivation activation;
  };
  // Every height of a tile, several tiles, one and several parts of the depth.
  const Shape shapes[] = {
      {1, 16, 1, true, false, RowActivation::kNone},    {2, 32, 2, false, true, RowActivation::kNone},
      {3, 64, 1, true, false, RowActivation::kGelu},    {4, 768, 1, false, false, RowActivation::kGeluTanh},
      {5, 784, 2, true, true, RowActivation::kNone},    {6, 400, 3, true, false, RowActivation::kRelu},
      {7, 48, 1, true, false, RowActivation::kSilu},    {13, 2320, 2, true, true, RowActivation::kNone},
      {62, 160, 1, false, false, RowActivation::kTanh}, {132, 1552, 1, true, false, RowActivation::kGelu}};
  for (const Shape& shape : shapes) {
    SCOPED_TRACE(::testing::Message() << shape.rows << " rows, depth " << shape.depth);
    const std::int64_t columns = shape.panels * kWeightPanel;
    PanelProduct p;
    p.rows = shape.rows;
    p.depth = shape.depth;
    p.panels = shape.panels;
    p.x_stride = shape.depth + 3;
    p.y_stride = columns + 5;
    p.activation = shape.activation;
    p.accumulate = shape.accumulate;
    const auto x = random_floats(static_cast<std::size_t>(p.rows * p.x_stride), 1);
    const auto weight = random_floats(static_cast<std::size_t>(p.depth * columns), 2);
    const auto bias = random_floats(static_cast<std::size_t>(columns), 3);
    const auto before = random_floats(static_cast<std::size_t>(p.rows * p.y_stride), 4);
    auto y = before;
    std::vector<float> sums(static_cast<std::size_t>(p.rows * columns) + 1, 5.0F);
    p.x = x.data();
    p.weight = weight.data();
    if (shape.bias) p.bias = bias.data();
    p.y = y.data();
    p.sums = sums.data();
    GetParam()->panel_product(p);
    for (std::int64_t r = 0; r < p.rows; ++r)
      for (std::int64_t c = 0; c < p.y_stride; ++c) {
        const auto at = static_cast<std::size_t>(r * p.y_stride + c);
        if (c >= columns) {
          ASSERT_EQ(y[at], before[at]) << "wrote behind a row";
          continue;
        }
        double sum = shape.bias ? bias[static_cast<std::size_t>(c)] : 0.0;
        for (std::int64_t d = 0; d < p.depth; ++d)
          sum += static_cast<double>(x[static_cast<std::size_t>(r * p.x_stride + d)]) *
                 weight[static_cast<std::size_t>((c / kWeightPanel * p.depth + d) * kWeightPanel +
                                                 c % kWeightPanel)];
        if (shape.accumulate) sum += before[at];
        ASSERT_NEAR(y[at], activated(sum, shape.activation), 1e-5 * std::sqrt(static_cast<double>(p.depth)))
            << "row " << r << ", column " << c;
      }
    EXPECT_EQ(sums.back(), 5.0F) << "wrote behind its sums";
  }
}

TEST_P(CpuKernelsTest, CopiedColumnsAreTheOnesNamed) {
  constexpr std::int64_t kRows = 5;
  constexpr std::int64_t kColumns = 2 * kAttentionPanel;
  const auto from = random_floats(static_cast<std::size_t>(4 * kAttentionPanel * kRows), 6);
  // Neighbours that repeat, neighbours across panels, columns from everywhere.
  const std::function<std::int32_t(int)> choices[] = {
      [](int c) { return 3 + c / 3; }, [](int c) { return 9 + c; }, [](int c) { return c * 37 % 64; }};
  for (const auto& choice : choices) {
    std::vector<std::int32_t> columns;
    for (int c = 0; c < kColumns; ++c) columns.push_back(choice(c));
    std::vector<float> to(static_cast<std::size_t>(kColumns * kRows));
    PanelColumns p;
    p.from = from.data();
    p.columns = columns.data();
    p.panels = 2;
    p.rows = kRows;
    p.to = to.data();
    GetParam()->copy_columns(p);
    const auto place = [](std::int64_t row, std::int64_t column) {
      const std::int64_t panel = column / kAttentionPanel;
      return static_cast<std::size_t>((panel * kRows + row) * kAttentionPanel + column % kAttentionPanel);
    };
    for (std::int64_t r = 0; r < kRows; ++r)
      for (std::int64_t c = 0; c < kColumns; ++c)
        ASSERT_EQ(to[place(r, c)], from[place(r, columns[static_cast<std::size_t>(c)])])
            << "row " << r << ", column " << c;
  }
}

TEST_P(CpuKernelsTest, AttentionOfVeryDifferentScoresStaysFinite) {
  AttentionHead h;
  h.length = 40;
  h.head_size = 8;
  h.stride = h.key_stride = 24;
  h.scale = 1e4F;
  auto qkv = random_floats(static_cast<std::size_t>(h.length * h.stride), 3);
  h.query = qkv.data();
  h.key = h.query + 8;
  h.value = h.key + 8;
  h.out_stride = 8;
  const std::vector<float> out = attended(*GetParam(), h);
  const std::vector<double> expected = attention_by_definition(h);
  // At this scale the winner takes all; products of 1e4 times float32 rounding may still move a weight a
  // little.
  for (std::size_t i = 0; i < out.size(); ++i) ASSERT_NEAR(out[i], expected[i], 0.05);
}

TEST_P(CpuKernelsTest, SpanScoresEqualTheirDefinition) {
  for (const std::int64_t inner : {7, 16, 52, 144})
    for (const std::int64_t widths : {1, 3, 4, 9})
      for (const std::int64_t queries : {1, 2, 5, 8}) {
        const auto start = random_floats(static_cast<std::size_t>(inner), 1);
        const auto end = random_floats(static_cast<std::size_t>(widths * inner), 2);
        const auto query = random_floats(static_cast<std::size_t>(queries * inner), 3);
        const auto bias = random_floats(static_cast<std::size_t>(queries), 4);
        std::vector<float> scores(static_cast<std::size_t>(queries * (widths + 2)), 9.0F);
        SpanScores s;
        s.start = start.data();
        s.end = end.data();
        s.queries = query.data();
        s.bias = bias.data();
        s.widths = widths;
        s.query_count = queries;
        s.inner = inner;
        s.scores = scores.data();
        s.score_stride = widths + 2;
        GetParam()->span_scores(s);
        for (std::int64_t q = 0; q < queries; ++q)
          for (std::int64_t k = 0; k < widths + 2; ++k) {
            const float found = scores[static_cast<std::size_t>(q * (widths + 2) + k)];
            if (k >= widths) {
              ASSERT_EQ(found, 9.0F) << "wrote behind the widths";
              continue;
            }
            double expected = bias[static_cast<std::size_t>(q)];
            for (std::int64_t c = 0; c < inner; ++c)
              expected += std::max(0.0, static_cast<double>(start[static_cast<std::size_t>(c)]) +
                                            end[static_cast<std::size_t>(k * inner + c)]) *
                          query[static_cast<std::size_t>(q * inner + c)];
            ASSERT_NEAR(found, expected, 1e-4) << "inner " << inner << ", query " << q << ", width " << k;
          }
      }
}

TEST_P(CpuKernelsTest, LayerNormEqualsItsDefinition) {
  for (const std::int64_t columns : {1, 5, 16, 36, 48, 770}) {
    const std::int64_t rows = 3;
    auto x = random_floats(static_cast<std::size_t>(rows * columns), 1);
    for (float& value : x) value += 100.0F;  // A mean far from zero shows a variance computed in one pass.
    const auto weight = random_floats(static_cast<std::size_t>(columns), 2);
    const auto bias = random_floats(static_cast<std::size_t>(columns), 3);
    for (const bool with_bias : {true, false}) {
      std::vector<float> y = x;  // In place.
      LayerNormRows n;
      n.x = y.data();
      n.y = y.data();
      n.weight = weight.data();
      n.bias = with_bias ? bias.data() : nullptr;
      n.eps = 1e-7F;
      n.rows = rows;
      n.columns = columns;
      GetParam()->layer_norm(n);
      for (std::int64_t r = 0; r < rows; ++r) {
        double mean = 0, variance = 0;
        for (std::int64_t c = 0; c < columns; ++c) mean += x[static_cast<std::size_t>(r * columns + c)];
        mean /= static_cast<double>(columns);
        for (std::int64_t c = 0; c < columns; ++c)
          variance += std::pow(x[static_cast<std::size_t>(r * columns + c)] - mean, 2.0);
        variance /= static_cast<double>(columns);
        for (std::int64_t c = 0; c < columns; ++c) {
          const auto at = static_cast<std::size_t>(c);
          const double expected = (x[static_cast<std::size_t>(r * columns + c)] - mean) /
                                      std::sqrt(variance + 1e-7) * weight[at] +
                                  (with_bias ? bias[at] : 0.0F);
          ASSERT_NEAR(y[static_cast<std::size_t>(r * columns + c)], expected,
                      1e-4 * (1 + std::abs(expected)));
        }
      }
    }
  }
}

TEST(CpuKernels, ThePortableSetIsAlwaysThereAndLast) {
  EXPECT_STREQ(available_cpu_kernels().back()->name, "baseline");
  EXPECT_EQ(&cpu_kernels(), available_cpu_kernels().front());
}

}  // namespace
}  // namespace gliner
