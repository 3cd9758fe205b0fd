// The kernels for cards beside the plain form, on a card. Skipped where there is none; what can be tested
// without is in cuda_indices_test.cc.
#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <cmath>
#include <memory>
#include <numeric>

#include "nn/attention.h"
#include "nn/cuda/kernels.h"
#include "nn/cuda/operations.h"

#ifndef GLINER_CUDA
TEST(CudaAttention, NeedsABuildForCards) {
  GTEST_SKIP() << "built without CUDA: LibTorch here is for CPUs only, or GLINER_CUDA is OFF";
}
#else

namespace gliner {
namespace {

struct Model {
  AttentionOptions options;
  std::shared_ptr<const RelativePositions> positions;
  at::Tensor key, query;  // As the element type holds them, in float32.
  std::unique_ptr<PositionTables> tables;
  at::ScalarType element = at::kFloat;

  at::Tensor qkv(std::int64_t tokens) const {
    const std::int64_t hidden = options.heads * head_size;
    return at::randn({tokens, 3 * hidden}, at::kCUDA).to(element);
  }
  // In float32 on the same numbers.
  at::Tensor plain(const at::Tensor& x, const SequenceStart& start) const {
    return plain_attention(x.to(at::kFloat), start, options, positions.get(), key, query);
  }
  std::int64_t head_size = 64;
};

Model model(at::ScalarType element, std::int64_t heads, std::int64_t head_size, std::int64_t buckets = 256,
            std::int64_t max_positions = 512) {
  Model m;
  m.element = element;
  m.head_size = head_size;
  m.options.heads = heads;
  m.options.scale = 1.0 / std::sqrt(3.0 * static_cast<double>(head_size));
  if (buckets == 0) return m;
  m.positions = std::make_shared<const RelativePositions>(buckets, max_positions);
  const auto table = [&] {
    return at::randn({2 * m.positions->span(), heads * head_size}, at::kCUDA).to(element).to(at::kFloat);
  };
  m.key = table();
  m.query = table();
  m.tables = std::make_unique<PositionTables>(m.positions, m.key, m.query, heads, element);
  m.options.positions = m.tables.get();
  return m;
}

SequenceStart starts_of(const std::vector<std::int64_t>& lengths) {
  SequenceStart start = {0};
  for (const std::int64_t length : lengths) start.push_back(start.back() + length);
  return start;
}

double difference(const at::Tensor& found, const at::Tensor& expected) {
  const at::Tensor exact = expected.to(at::kDouble);
  return ((found.to(at::kDouble) - exact).norm() / exact.norm()).item<double>();
}

// Relative, of the norm. The result is rounded to the element type, the weights before that.
double room(at::ScalarType element) {
  return element == at::kFloat ? 1e-5 : element == at::kHalf ? 2e-3 : 1.5e-2;
}

void expect_plain_form(const Model& m, const SequenceStart& start, const char* what) {
  const at::Tensor x = m.qkv(start.back());
  ASSERT_TRUE(has_cuda_attention(x, m.options)) << what;
  const at::Tensor found = self_attention(x, start, m.options);
  ASSERT_EQ(found.scalar_type(), m.element);
  const at::Tensor expected = m.plain(x, start);
  EXPECT_LT(difference(found, expected), room(m.element)) << what;
  // By sequence, so that a short one among long ones shows.
  for (std::size_t b = 0; b + 1 < start.size(); ++b) {
    const std::int64_t length = start[b + 1] - start[b];
    if (length == 0) continue;
    ASSERT_LT(difference(found.narrow(0, start[b], length), expected.narrow(0, start[b], length)),
              2 * room(m.element))
        << what << ": sequence " << b << " of length " << length;
  }
}

class CudaAttention : public ::testing::TestWithParam<at::ScalarType> {
 protected:
  void SetUp() override {
    if (!at::hasCUDA()) GTEST_SKIP() << "no CUDA card in this machine";
    at::globalContext().setAllowTF32CuBLAS(false);
    at::manual_seed(3);
  }
  const c10::InferenceMode inference_;
};
INSTANTIATE_TEST_SUITE_P(Types, CudaAttention, ::testing::Values(at::kFloat, at::kHalf, at::kBFloat16));

TEST_P(CudaAttention, EqualsThePlainFormAtEveryLengthTo512) {
  const Model m = model(GetParam(), 2, 64);
  for (std::int64_t first = 1; first <= 512; first += 32) {  // Packs of 32 lengths.
    std::vector<std::int64_t> lengths(32);
    std::iota(lengths.begin(), lengths.end(), first);
    expect_plain_form(m, starts_of(lengths), "pack");
  }
}

TEST_P(CudaAttention, EqualsThePlainFormAtLongLengthsAmongShortOnes) {
  const Model m = model(GetParam(), 1, 64);
  expect_plain_form(m, starts_of({5, 1024, 63, 2048, 1, 64, 129}), "1024 and 2048");
  expect_plain_form(m, starts_of({100, 8192, 3}), "8192");
}

TEST_P(CudaAttention, EqualsThePlainFormWithOtherHeadsBucketsAndWindows) {
  const SequenceStart start = starts_of({7, 0, 70, 300, 1, 150});
  expect_plain_form(model(GetParam(), 3, 32, 32, 128), start, "heads of 32");
  expect_plain_form(model(GetParam(), 2, 64, 8, 64), start, "8 buckets");
  expect_plain_form(model(GetParam(), 2, 64, -1, 40), start, "cut distances");
  expect_plain_form(model(GetParam(), 4, 12, 32, 128), start, "heads of 12");
  expect_plain_form(model(GetParam(), 2, 64, 0), start, "no tables");
  for (const std::int64_t window : {0, 3, 64, 100}) {
    Model m = model(GetParam(), 2, 64, 0);
    m.options.window = window;
    expect_plain_form(m, start, "window");
  }
}

TEST_P(CudaAttention, GivesTheSameWithTilesFromOutside) {
  Model m = model(GetParam(), 2, 64);
  const SequenceStart start = starts_of({300, 7, 600});
  const at::Tensor x = m.qkv(start.back());
  const at::Tensor expected = m.plain(x, start);
  for (const std::int64_t rows : {32, 64, 128}) {
    const bool exact = GetParam() == at::kFloat;
    if ((rows == cuda::kExactTileRows) != exact) continue;
    std::vector<std::int32_t> numbers = attention_tiles(start, rows);
    numbers.insert(numbers.end(), 12, 0);  // Empty tiles, as in a graph for larger batches.
    AttentionTiles tiles;
    tiles.rows = rows;
    tiles.tiles = at::tensor(numbers, at::kInt).to(at::kCUDA);
    m.options.tiles = &tiles;
    EXPECT_LT(difference(self_attention(x, start, m.options), expected), room(GetParam())) << rows << " rows";
  }
}

TEST_P(CudaAttention, SeesNothingOfTheNeighbours) {
  const Model m = model(GetParam(), 2, 64);
  const SequenceStart start = starts_of({65, 100, 31});
  at::Tensor x = m.qkv(start.back());
  const at::Tensor before = self_attention(x, start, m.options).narrow(0, 65, 100).clone();
  x.narrow(0, 0, 65).fill_(NAN);
  x.narrow(0, 165, 31).fill_(NAN);
  EXPECT_TRUE(at::equal(self_attention(x, start, m.options).narrow(0, 65, 100), before));
}

TEST_P(CudaAttention, NormsSumsLikeThePlainForm) {
  for (const std::int64_t columns : {8, 64, 256, 384, 768, 1024, 2048}) {
    const at::Tensor x = at::randn({77, columns}, at::kCUDA).to(GetParam());
    const at::Tensor residual = at::randn({77, columns}, at::kCUDA) * 3 + 1;
    const at::Tensor weight = at::randn({columns}, at::kCUDA), bias = at::randn({columns}, at::kCUDA);
    ASSERT_TRUE(has_cuda_add_norm(x));
    for (const bool with_bias : {true, false}) {
      const at::Tensor b = with_bias ? bias : at::Tensor();
      const at::Tensor expected = at::layer_norm(x.to(at::kFloat) + residual, {columns}, weight, b, 1e-7);
      const NormedRows found = cuda_add_norm(x, residual.clone(), weight, b, 1e-7);
      EXPECT_LT(difference(found.full, expected), 1e-6) << columns;
      EXPECT_EQ(found.low.scalar_type(), GetParam());
      EXPECT_TRUE(at::equal(found.low, found.full.to(GetParam()))) << columns;
    }
    const at::Tensor ids = at::randint(0, 77, {40}, at::TensorOptions(at::kInt).device(at::kCUDA));
    const NormedRows looked_up = cuda_embed_norm(residual, ids, weight, bias, 1e-7, GetParam());
    const at::Tensor rows = at::layer_norm(residual.index_select(0, ids), {columns}, weight, bias, 1e-7);
    EXPECT_LT(difference(looked_up.full, rows), 1e-6) << columns;
    EXPECT_TRUE(at::equal(looked_up.low, looked_up.full.to(GetParam()))) << columns;
  }
}

TEST_P(CudaAttention, GeluIsThatOfTheErrorFunction) {
  const at::Tensor x = (at::randn({513, 3072}, at::kCUDA) * 3).to(GetParam());
  const at::Tensor bias = at::randn({3072}, at::kCUDA).to(GetParam());
  at::Tensor found = x.clone();
  cuda_bias_gelu(found, bias);
  EXPECT_LT(difference(found, at::gelu(x.to(at::kFloat) + bias.to(at::kFloat))), room(GetParam()));
}

}  // namespace
}  // namespace gliner
#endif  // GLINER_CUDA
