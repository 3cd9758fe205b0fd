#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include <map>

#include "checkpoint_bytes.h"
#include "nn/embedding.h"
#include "nn/gated_linear.h"
#include "nn/gru.h"
#include "nn/layer_norm.h"
#include "nn/mlp.h"
#include "nn/rotary.h"
#include "nn/rows.h"

namespace gliner {
namespace {

// A checkpoint made of tensors.
class File {
 public:
  explicit File(const std::map<std::string, at::Tensor>& tensors) {
    testing::Entries entries;
    for (const auto& [name, tensor] : tensors) entries[name] = testing::entry_of(tensor);
    const std::string path = folder_.write("model.safetensors", testing::checkpoint_bytes(entries));
    store_ =
        std::make_unique<WeightStore>(std::make_shared<const WeightFile>(WeightFile::open(path)), at::kCPU);
  }
  WeightScope scope() { return WeightScope(*store_); }

 private:
  testing::TempFolder folder_;
  std::unique_ptr<WeightStore> store_;
};

constexpr double kTolerance = 1e-5;

TEST(Embedding, LooksUpRowsOfAnyFloatType) {
  const c10::InferenceMode guard;
  at::manual_seed(1);
  const at::Tensor table = at::randn({7, 5}).to(at::kBFloat16).to(at::kFloat);  // Exact in every type.
  for (const auto type : {at::kFloat, at::kBFloat16}) {
    File file({{"weight", table.to(type)}});
    const Embedding embedding(file.scope(), kAnySize, 5);
    EXPECT_EQ(embedding.rows(), 7);
    at::Tensor x = embedding.forward({3, 0, 6, 3});
    const at::Tensor expected = table.index_select(0, at::tensor({3, 0, 6, 3}));
    EXPECT_TRUE(at::equal(x, expected));
    embedding.add_to(x, {1, 1, 1, 1});
    EXPECT_TRUE(at::equal(x, expected + table[1]));
  }
}

TEST(Embedding, GivesZerosForKnownIdsWithoutARow) {
  const c10::InferenceMode guard;
  File file({{"weight", at::ones({4, 3})}});
  const Embedding embedding(file.scope(), kAnySize, 3, /*known_ids=*/6);
  EXPECT_TRUE(at::equal(embedding.forward({3, 5}), at::tensor({1.F, 1.F, 1.F, 0.F, 0.F, 0.F}).view({2, 3})));
  EXPECT_THROW(embedding.forward({6}), InternalError);
  EXPECT_THROW(embedding.forward({-1}), InternalError);
  at::Tensor x = at::full({1, 3}, 2.F);
  embedding.add_to(x, {5});
  EXPECT_TRUE(at::equal(x, at::full({1, 3}, 2.F)));
}

TEST(LayerNorm, EqualsThePlainForm) {
  const c10::InferenceMode guard;
  at::manual_seed(2);
  const at::Tensor weight = at::randn({50});
  const at::Tensor bias = at::randn({50});
  File file({{"weight", weight}, {"bias", bias}});
  for (const bool with_bias : {true, false}) {
    const LayerNorm norm(file.scope(), 50, 1e-5, with_bias);
    for (const std::int64_t rows : {0, 1, 40, 200}) {
      const at::Tensor x = at::randn({rows, 50}) * 3 + 5;
      const at::Tensor expected = plain_layer_norm(x, weight, with_bias ? bias : at::Tensor(), 1e-5);
      EXPECT_TRUE(at::allclose(norm.forward(x), expected, kTolerance, kTolerance));
      const at::Tensor own = new_rows(rows, 50, at::kCPU).copy_(x);
      const at::Tensor in_place = norm.forward(own, own);
      EXPECT_EQ(in_place.data_ptr(), own.data_ptr());
      EXPECT_TRUE(at::allclose(in_place, expected, kTolerance, kTolerance));
    }
  }
}

TEST(LayerNorm, GivesSumsAndLookedUpRowsInTwoTypes) {
  const c10::InferenceMode guard;
  at::manual_seed(4);
  const at::Tensor weight = at::randn({24}), bias = at::randn({24});
  File file({{"weight", weight}, {"bias", bias}});
  const LayerNorm norm(file.scope(), 24, 1e-5);
  const at::Tensor residual = at::randn({9, 24});
  const at::Tensor x = at::randn({9, 24}).to(at::kBFloat16);
  const LayerNorm::Sum sum = norm.forward_sum(x, residual);
  const at::Tensor expected = plain_layer_norm(x.to(at::kFloat) + residual, weight, bias, 1e-5);
  EXPECT_TRUE(at::allclose(sum.full, expected, kTolerance, kTolerance));
  EXPECT_TRUE(at::equal(sum.low, sum.full.to(at::kBFloat16)));

  const at::Tensor ids = at::tensor({3, 8, 3}, at::kInt);
  const LayerNorm::Sum rows = norm.forward_lookup(residual, ids, at::kHalf);
  EXPECT_TRUE(at::allclose(rows.full, plain_layer_norm(residual.index_select(0, ids), weight, bias, 1e-5),
                           kTolerance, kTolerance));
  EXPECT_TRUE(at::equal(rows.low, rows.full.to(at::kHalf)));
}

TEST(Gru, EqualsTorchsCell) {
  const c10::InferenceMode guard;
  at::manual_seed(3);
  const at::Tensor input_weight = at::randn({18, 4});
  const at::Tensor recurrent_weight = at::randn({18, 6});
  const at::Tensor input_bias = at::randn({18});
  const at::Tensor recurrent_bias = at::randn({18});
  File file({{"weight_ih_l0", input_weight},
             {"weight_hh_l0", recurrent_weight},
             {"bias_ih_l0", input_bias},
             {"bias_hh_l0", recurrent_bias}});
  const Gru gru(file.scope(), 4, 6);
  const at::Tensor x = at::randn({5, 4});
  const at::Tensor state = at::randn({5, 6});
  const at::Tensor expected =
      at::gru_cell(x, state, input_weight, recurrent_weight, input_bias, recurrent_bias);
  EXPECT_TRUE(at::allclose(gru.step(gru.input_gates(x), state), expected, kTolerance, kTolerance));
}

TEST(Mlp, AppliesTheActivationBetweenAndTheLastAtTheEnd) {
  const c10::InferenceMode guard;
  at::manual_seed(4);
  const at::Tensor w0 = at::randn({6, 4}), b0 = at::randn({6}), w3 = at::randn({2, 6}), b3 = at::randn({2});
  File file({{"0.weight", w0}, {"0.bias", b0}, {"3.weight", w3}, {"3.bias", b3}});
  const at::Tensor x = at::randn({9, 4});
  const at::Tensor expected = at::linear(at::relu(at::linear(x, w0, b0)), w3, b3);
  const Mlp plain(file.scope(), {"0", "3"}, {4, 6, 2}, Activation::kRelu);
  EXPECT_TRUE(at::allclose(plain.forward(x), expected, kTolerance, kTolerance));
  const Mlp closed(file.scope(), {"0", "3"}, {4, 6, 2}, Activation::kRelu, Activation::kTanh);
  EXPECT_TRUE(at::allclose(closed.forward(x), at::tanh(expected), kTolerance, kTolerance));
}

TEST(RotaryTable, TurnsPairsByTheirPositionInTheSequence) {
  const c10::InferenceMode guard;
  at::manual_seed(5);
  const std::int64_t heads = 2, head_size = 6, hidden = heads * head_size;
  const SequenceStart start = {0, 4, 4, 9};
  at::Tensor qkv = at::randn({9, 3 * hidden});
  const at::Tensor before = qkv.clone();
  RotaryTable(100.0, head_size, 5, at::kCPU).turn(qkv, start, heads);
  for (std::int64_t t = 0; t < 9; ++t) {
    const std::int64_t position = t < 4 ? t : t - 4;
    EXPECT_EQ(places_in_sequences(start)[static_cast<std::size_t>(t)], position);
    for (std::int64_t block = 0; block < 2 * heads; ++block)
      for (std::int64_t c = 0; c < head_size / 2; ++c) {
        const double angle =
            static_cast<double>(position) * std::pow(100.0, -2.0 * static_cast<double>(c) / head_size);
        const std::int64_t first = block * head_size + c, second = first + head_size / 2;
        const double a = before[t][first].item<float>(), b = before[t][second].item<float>();
        EXPECT_NEAR(qkv[t][first].item<float>(), a * std::cos(angle) - b * std::sin(angle), kTolerance);
        EXPECT_NEAR(qkv[t][second].item<float>(), b * std::cos(angle) + a * std::sin(angle), kTolerance);
      }
  }
  EXPECT_TRUE(at::equal(qkv.narrow(1, 2 * hidden, hidden), before.narrow(1, 2 * hidden, hidden)))
      << "values stay";
}

TEST(RotaryTable, OnACpuTurnsAsThePlainFormDoes) {
  const c10::InferenceMode guard;
  at::manual_seed(6);
  for (const std::int64_t head_size : {2, 24, 64, 80}) {  // Whole vectors, parts of one, both.
    const SequenceStart start = {0, 70, 71, 71, 103};     // Ranges of threads end within sequences.
    at::Tensor qkv = at::randn({103, 9 * head_size});
    at::Tensor plain = qkv.clone();
    const RotaryTable table(10000.0, head_size, 70, at::kCPU);
    table.turn(qkv, start, /*heads=*/3);
    at::Tensor by_row = plain.clone(), by_row_plain = plain.clone();
    table.turn_plainly(plain, start, /*heads=*/3);
    EXPECT_TRUE(at::allclose(qkv, plain, 1e-6, 1e-6)) << head_size;
    const at::Tensor positions = at::tensor(places_in_sequences(start), at::kInt);
    const RowRotary rows(rotary_frequencies(10000.0, head_size), positions);
    rows.turn(by_row, /*blocks=*/6);
    EXPECT_TRUE(at::equal(by_row, qkv)) << head_size;
    rows.turn_plainly(by_row_plain, /*blocks=*/6);
    EXPECT_TRUE(at::equal(by_row_plain, plain)) << head_size;
  }
}

TEST(GatedLinear, IsTheActivatedHalfTimesTheOther) {
  const c10::InferenceMode guard;
  at::manual_seed(7);
  const at::Tensor weight = at::randn({2 * 5, 8}), bias = at::randn({2 * 5});
  File file({{"weight", weight}, {"bias", bias}});
  for (const bool with_bias : {true, false}) {
    const GatedLinear gated(file.scope(), 8, 5, {Activation::kGelu, with_bias});
    GatedLinear::Buffers buffers;
    for (const std::int64_t rows : {3, 200, 200, 7}) {  // The same size again takes the same memory.
      const at::Tensor x = at::randn({rows, 8});
      const at::Tensor both = at::linear(x, weight, with_bias ? bias : at::Tensor());
      const at::Tensor expected = at::gelu(both.narrow(1, 0, 5)) * both.narrow(1, 5, 5);
      EXPECT_TRUE(at::allclose(gated.forward(x, buffers), expected, kTolerance, kTolerance)) << rows;
    }
  }
}

TEST(GatedLinear, TakesItsHalvesFromTwoLayersToo) {
  const c10::InferenceMode guard;
  at::manual_seed(8);
  const at::Tensor weight = at::randn({2 * 5, 8}), bias = at::randn({2 * 5});
  File file({{"f.weight", weight.narrow(0, 0, 5)},
             {"f.bias", bias.narrow(0, 0, 5)},
             {"g.weight", weight.narrow(0, 5, 5)},
             {"g.bias", bias.narrow(0, 5, 5)},
             {"both.weight", weight},
             {"both.bias", bias}});
  const at::Tensor x = at::randn({9, 8});
  for (const bool with_bias : {true, false}) {
    const Linear::Options options{Activation::kSilu, with_bias};
    const GatedLinear two(file.scope(), "f", "g", 8, 5, options), one(file.scope() / "both", 8, 5, options);
    GatedLinear::Buffers a, b;
    EXPECT_TRUE(at::equal(two.forward(x, a), one.forward(x, b))) << with_bias;
    EXPECT_EQ(two.named_parameters(/*recurse=*/true).size() + two.named_buffers(true).size(),
              with_bias ? 4u : 2u);
  }
}

}  // namespace
}  // namespace gliner
