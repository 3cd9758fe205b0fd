#include "nn/lstm.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>
#include <string>

#include "base/check.h"
#include "nn/aligned_buffer.h"
#include "nn/index_tensor.h"
#include "nn/module_path.h"
#include "nn/rows.h"
#include "nn/threads.h"

namespace gliner {
namespace {

constexpr std::size_t kWeightsPerDirection = 4;

// Steps are run in blocks of these lengths, so that a few primitives serve every length. A block runs to its
// end for every sequence that begins it; sequences that have ended drop out before the next one.
constexpr std::int64_t kLongBlock = 32;
constexpr std::int64_t kShortBlock = 8;

struct Rows {
  std::int64_t first;
  std::int64_t length;
};

// Not empty sequences, the longest first: those still running at a step are always a prefix.
std::vector<Rows> by_length(const SequenceStart& start) {
  std::vector<Rows> sequences;
  for (std::size_t b = 0; b + 1 < start.size(); ++b)
    if (start[b + 1] > start[b]) sequences.push_back({start[b], start[b + 1] - start[b]});
  std::stable_sort(sequences.begin(), sequences.end(),
                   [](const Rows& a, const Rows& b) { return a.length > b.length; });
  return sequences;
}

// One direction of one layer over the sequences of one group. y points to the direction's first column.
void run_direction(const PackedLstm& lstm, const std::vector<Rows>& sequences, bool backward, const float* x,
                   float* y, std::int64_t y_stride) {
  const std::int64_t input_size = lstm.input_size();
  const std::int64_t hidden_size = lstm.hidden_size();
  const auto count = static_cast<std::int64_t>(sequences.size());
  thread_local AlignedBuffer inputs, outputs, states;
  float* const in = inputs.floats(kLongBlock * count * input_size);     // [block, rows, I]
  float* const out = outputs.floats(kLongBlock * count * hidden_size);  // [block, rows, H]
  float* const state = states.floats(2 * count * hidden_size);
  float* const cell = state + count * hidden_size;
  std::fill_n(state, 2 * count * hidden_size, 0.0F);
  const auto row_of = [backward](const Rows& sequence, std::int64_t step) {
    return sequence.first + (backward ? sequence.length - 1 - step : step);
  };

  std::int64_t rows = count;
  for (std::int64_t done = 0; rows > 0;) {
    const std::int64_t left = sequences.front().length - done;
    const std::int64_t block = left >= kLongBlock ? kLongBlock : kShortBlock;
    for (std::int64_t t = 0; t < block; ++t)
      for (std::int64_t r = 0; r < rows; ++r) {
        const Rows& sequence = sequences[static_cast<std::size_t>(r)];
        float* const to = in + (t * rows + r) * input_size;
        if (done + t < sequence.length)
          std::copy_n(x + row_of(sequence, done + t) * input_size, input_size, to);
        else
          std::fill_n(to, input_size, 0.0F);
      }
    lstm.run(in, block, rows, state, cell, out);
    for (std::int64_t t = 0; t < block; ++t)
      for (std::int64_t r = 0; r < rows; ++r) {
        const Rows& sequence = sequences[static_cast<std::size_t>(r)];
        if (done + t < sequence.length)
          std::copy_n(out + (t * rows + r) * hidden_size, hidden_size,
                      y + row_of(sequence, done + t) * y_stride);
      }
    done += block;
    while (rows > 0 && sequences[static_cast<std::size_t>(rows - 1)].length <= done) --rows;
  }
}

// cuDNN reads the weights of all layers from one buffer in an order of its own. Unless they lie in one,
// LibTorch copies them into a new one before every pass and writes a warning.
void flatten_for_cudnn(const std::vector<at::Tensor>& weights, std::int64_t input_size,
                       std::int64_t hidden_size, const Lstm::Options& options) {
  constexpr std::int64_t kLstmMode = 2;  // cuDNN's number
  if (!at::cudnn_is_acceptable(weights.front())) return;
  at::_cudnn_rnn_flatten_weight(weights, static_cast<std::int64_t>(kWeightsPerDirection), input_size,
                                kLstmMode, hidden_size, /*proj_size=*/0, options.layers,
                                /*batch_first=*/false, options.bidirectional);
}

}  // namespace

Lstm::Lstm(const WeightScope& w, std::int64_t input_size, std::int64_t hidden_size, const Options& options)
    : hidden_size_(hidden_size), directions_(options.bidirectional ? 2 : 1) {
  const std::int64_t gates = 4 * hidden_size;
  for (std::int64_t layer = 0; layer < options.layers; ++layer) {
    const std::int64_t size = layer == 0 ? input_size : static_cast<std::int64_t>(directions_) * hidden_size;
    for (std::size_t d = 0; d < directions_; ++d) {
      const std::string suffix = "_l" + std::to_string(layer) + (d == 1 ? "_reverse" : "");
      const auto bind = [&](const std::string& name, const std::vector<std::int64_t>& shape) {
        const at::Tensor weight = w.float32(name + suffix, shape, "Lstm");
        register_weight_at(*this, name + suffix, weight);
        return weight;
      };
      const std::array<at::Tensor, kWeightsPerDirection> all = {
          bind("weight_ih", {gates, size}), bind("weight_hh", {gates, hidden_size}), bind("bias_ih", {gates}),
          bind("bias_hh", {gates})};
      if (w.device().is_cpu())
        packed_.emplace_back(size, hidden_size, all[0].data_ptr<float>(), all[1].data_ptr<float>(),
                             all[2].data_ptr<float>(), all[3].data_ptr<float>());
      else
        weights_.insert(weights_.end(), all.begin(), all.end());
    }
  }
  if (!weights_.empty()) flatten_for_cudnn(weights_, input_size, hidden_size, options);
}

at::Tensor Lstm::forward(const at::Tensor& x, const SequenceStart& start) const {
  GLINER_CHECK(x.dim() == 2 && start.back() == x.size(0));
  if (packed_.empty())
    return plain_lstm(x, start, weights_,
                      {static_cast<std::int64_t>(weights_.size() / (kWeightsPerDirection * directions_)),
                       directions_ == 2});
  GLINER_CHECK(x.size(1) == packed_.front().input_size());

  // Two directions and the groups of sequences keep the threads busy, each on its own: a step of a few
  // sequences is too small to divide.
  const std::vector<Rows> sequences = by_length(start);
  const std::size_t group_count = std::min(
      sequences.size(), (static_cast<std::size_t>(intra_op_threads()) + directions_ - 1) / directions_);
  std::vector<std::vector<Rows>> groups(group_count);
  for (std::size_t s = 0; s < sequences.size(); ++s) groups[s % group_count].push_back(sequences[s]);

  const std::int64_t width = static_cast<std::int64_t>(directions_) * hidden_size_;
  at::Tensor input = x.contiguous();
  for (std::size_t layer = 0; layer < packed_.size() / directions_; ++layer) {
    at::Tensor output = new_rows(x.size(0), width, x.device());  // [T, D * H]
    const float* const from = input.data_ptr<float>();
    float* const to = output.data_ptr<float>();
    parallel_tasks(static_cast<std::int64_t>(group_count * directions_), [&](std::int64_t task) {
      const auto t = static_cast<std::size_t>(task);
      const std::size_t direction = t % directions_;
      run_direction(packed_[layer * directions_ + direction], groups[t / directions_],
                    /*backward=*/direction == 1, from,
                    to + static_cast<std::int64_t>(direction) * hidden_size_, width);
    });
    input = std::move(output);
  }
  return input;
}

at::Tensor plain_lstm(const at::Tensor& x, const SequenceStart& start, const std::vector<at::Tensor>& weights,
                      const Lstm::Options& options) {
  const std::vector<Rows> sequences = by_length(start);
  const std::int64_t directions = options.bidirectional ? 2 : 1;
  const std::int64_t hidden_size = weights.at(1).size(1);
  if (sequences.empty()) return at::empty({0, directions * hidden_size}, x.options());

  // torch's packed form: step by step the rows of the sequences that are still running. Their numbers stay on
  // the host, where cuDNN wants them, so that no step is waited for.
  std::vector<std::int64_t> rows, running;
  for (std::int64_t step = 0; step < sequences.front().length; ++step) {
    std::int64_t count = 0;
    for (const Rows& sequence : sequences) {
      if (step >= sequence.length) break;
      rows.push_back(sequence.first + step);
      ++count;
    }
    running.push_back(count);
  }
  const at::Tensor index = index_tensor(rows, x.device());
  const at::Tensor zeros = at::zeros(
      {options.layers * directions, static_cast<std::int64_t>(sequences.size()), hidden_size}, x.options());
  const at::Tensor states = std::get<0>(
      at::lstm(x.index_select(0, index), at::tensor(running, at::kLong), {zeros, zeros}, weights,
               /*has_biases=*/true, options.layers, /*dropout=*/0.0, /*train=*/false, options.bidirectional));
  return at::empty_like(states).index_copy_(0, index, states);  // [T, D * H]
}

}  // namespace gliner
