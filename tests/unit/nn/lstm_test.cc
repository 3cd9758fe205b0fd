#include "nn/lstm.h"

#include <ATen/ATen.h>
#include <c10/core/InferenceMode.h>
#include <gtest/gtest.h>

#include "checkpoint_bytes.h"
#include "gliner/error.h"
#include "nn/threads.h"

namespace gliner {
namespace {

// An LSTM with random weights and those weights in the order of plain_lstm.
struct RandomLstm {
  RandomLstm(std::int64_t input_size, std::int64_t hidden_size, const Lstm::Options& options) {
    testing::Entries entries;
    const std::int64_t directions = options.bidirectional ? 2 : 1;
    for (std::int64_t layer = 0; layer < options.layers; ++layer)
      for (std::int64_t d = 0; d < directions; ++d) {
        const std::int64_t size = layer == 0 ? input_size : directions * hidden_size;
        const std::string suffix = "_l" + std::to_string(layer) + (d == 1 ? "_reverse" : "");
        const auto add = [&](const std::string& name, at::IntArrayRef shape) {
          weights.push_back(at::randn(shape) * 0.4);
          entries[name + suffix] = testing::entry_of(weights.back());
        };
        add("weight_ih", {4 * hidden_size, size});
        add("weight_hh", {4 * hidden_size, hidden_size});
        add("bias_ih", {4 * hidden_size});
        add("bias_hh", {4 * hidden_size});
      }
    const std::string path = folder.write("model.safetensors", testing::checkpoint_bytes(entries));
    store =
        std::make_unique<WeightStore>(std::make_shared<const WeightFile>(WeightFile::open(path)), at::kCPU);
    lstm = std::make_unique<Lstm>(WeightScope(*store), input_size, hidden_size, options);
  }

  testing::TempFolder folder;
  std::vector<at::Tensor> weights;
  std::unique_ptr<WeightStore> store;
  std::unique_ptr<Lstm> lstm;
};

// Step by step and one sequence after the other, as the cell is written down.
at::Tensor by_definition(const at::Tensor& x, const SequenceStart& start,
                         const std::vector<at::Tensor>& weights, const Lstm::Options& options) {
  const std::size_t directions = options.bidirectional ? 2 : 1;
  const std::int64_t hidden = weights[1].size(1);
  at::Tensor input = x;
  for (std::int64_t layer = 0; layer < options.layers; ++layer) {
    at::Tensor output = at::zeros({x.size(0), static_cast<std::int64_t>(directions) * hidden});
    for (std::size_t d = 0; d < directions; ++d) {
      const at::Tensor* w = &weights[(static_cast<std::size_t>(layer) * directions + d) * 4];
      for (std::size_t b = 0; b + 1 < start.size(); ++b) {
        at::Tensor state = at::zeros({1, hidden}), cell = at::zeros({1, hidden});
        for (std::int64_t step = 0; step < start[b + 1] - start[b]; ++step) {
          const std::int64_t row = d == 1 ? start[b + 1] - 1 - step : start[b] + step;
          std::tie(state, cell) =
              at::lstm_cell(input.narrow(0, row, 1), {state, cell}, w[0], w[1], w[2], w[3]);
          output.narrow(0, row, 1).narrow(1, static_cast<std::int64_t>(d) * hidden, hidden).copy_(state);
        }
      }
    }
    input = output;
  }
  return input;
}

// Of every length around the blocks' edges, an empty one, and two of the same length.
const SequenceStart kStart = {0, 1, 8, 8, 17, 49, 81, 114, 119, 159};

TEST(Lstm, ReadsEverySequenceAloneInBothDirections) {
  const c10::InferenceMode guard;
  at::manual_seed(1);
  for (const Lstm::Options& options :
       {Lstm::Options{1, true}, Lstm::Options{1, false}, Lstm::Options{2, true}, Lstm::Options{3, false}})
    for (const auto& [input_size, hidden_size] : {std::pair{12, 6}, {5, 3}, {40, 20}, {24, 24}}) {
      const RandomLstm random(input_size, hidden_size, options);
      EXPECT_NO_THROW(random.store->check_all_used());
      const at::Tensor x = at::randn({kStart.back(), input_size});
      const at::Tensor expected = by_definition(x, kStart, random.weights, options);
      const at::Tensor found = random.lstm->forward(x, kStart);
      ASSERT_EQ(found.sizes(), expected.sizes());
      EXPECT_TRUE(at::allclose(found, expected, 1e-5, 1e-5))
          << input_size << " to " << hidden_size << ": " << (found - expected).abs().max().item<float>();
      EXPECT_TRUE(at::allclose(plain_lstm(x, kStart, random.weights, options), expected, 1e-5, 1e-5));
    }
}

TEST(Lstm, GivesTheSameForEveryNumberOfThreads) {
  const c10::InferenceMode guard;
  at::manual_seed(2);
  const RandomLstm random(16, 8, {2, true});
  const at::Tensor x = at::randn({kStart.back(), 16});
  const at::Tensor expected = by_definition(x, kStart, random.weights, {2, true});
  for (const int threads : {1, 2, 3, 7}) {
    const IntraOpScope scope(threads);
    EXPECT_TRUE(at::allclose(random.lstm->forward(x, kStart), expected, 1e-5, 1e-5)) << threads;
  }
}

TEST(Lstm, TakesAMatrixThatIsNotContiguous) {
  const c10::InferenceMode guard;
  at::manual_seed(3);
  const RandomLstm random(6, 4, {1, true});
  const at::Tensor wide = at::randn({9, 10});
  const at::Tensor x = wide.narrow(1, 2, 6);
  EXPECT_TRUE(at::equal(random.lstm->forward(x, {0, 4, 9}), random.lstm->forward(x.contiguous(), {0, 4, 9})));
}

TEST(Lstm, GivesNothingForNoRows) {
  const c10::InferenceMode guard;
  const RandomLstm random(6, 4, {2, true});
  const at::Tensor none = at::empty({0, 6});
  EXPECT_EQ(random.lstm->forward(none, {0}).sizes(), at::IntArrayRef({0, 8}));
  EXPECT_EQ(random.lstm->forward(none, {0, 0, 0}).sizes(), at::IntArrayRef({0, 8}));
  EXPECT_EQ(plain_lstm(none, {0, 0}, random.weights, {2, true}).sizes(), at::IntArrayRef({0, 8}));
}

TEST(Lstm, RefusesWeightsOfAnotherSize) {
  const c10::InferenceMode guard;
  const RandomLstm random(6, 4, {1, true});
  EXPECT_THROW(Lstm(WeightScope(*random.store), 6, 5, {1, true}), ModelError);
  EXPECT_THROW(Lstm(WeightScope(*random.store), 6, 4, {2, true}), ModelError);
}

}  // namespace
}  // namespace gliner
