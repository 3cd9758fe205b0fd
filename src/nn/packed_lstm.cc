#include "nn/packed_lstm.h"

#include <algorithm>
#include <cstddef>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/check.h"
#include "nn/aligned_buffer.h"
#include "nn/onednn.h"
#include "nn/primitive_cache.h"
#include "nn/threads.h"

namespace gliner {
namespace {

using dnnl::memory;
using Tag = memory::format_tag;

constexpr std::int64_t kGates = 4;

// What a primitive is generated for. The thread count is part of it, as for products.
struct StepsKey {
  std::int64_t steps, rows, input_size, hidden_size;
  int threads;

  bool operator<(const StepsKey& o) const {
    return std::tie(steps, rows, input_size, hidden_size, threads) <
           std::tie(o.steps, o.rows, o.input_size, o.hidden_size, o.threads);
  }
};

struct Steps {
  dnnl::lstm_forward::primitive_desc desc;
  dnnl::lstm_forward primitive;
};

memory::desc float_desc(const memory::dims& sizes, Tag tag) {
  return memory::desc(sizes, memory::data_type::f32, tag);
}

dnnl::lstm_forward::primitive_desc make_desc(const StepsKey& key, const memory::desc& input_weight,
                                             const memory::desc& recurrent_weight) {
  const memory::desc x = float_desc({key.steps, key.rows, key.input_size}, Tag::tnc);
  const memory::desc y = float_desc({key.steps, key.rows, key.hidden_size}, Tag::tnc);
  const memory::desc state = float_desc({1, 1, key.rows, key.hidden_size}, Tag::ldnc);
  const memory::desc bias = float_desc({1, 1, kGates, key.hidden_size}, Tag::ldgo);
  const auto kind = dnnl::prop_kind::forward_inference;
  const auto direction = dnnl::rnn_direction::unidirectional_left2right;
  dnnl::primitive_attr attributes;
  // The library's own scratchpad would be shared by all threads that run the primitive.
  attributes.set_scratchpad_mode(dnnl::scratchpad_mode::user);
#if DNNL_VERSION_MAJOR >= 3
  return {cpu_engine(),     kind, direction, x,     state, state,     input_weight,
          recurrent_weight, bias, y,         state, state, attributes};
#else
  const dnnl::lstm_forward::desc op(kind, direction, x, state, state, input_weight, recurrent_weight, bias, y,
                                    state, state);
  return {op, attributes, cpu_engine()};
#endif
}

constexpr std::size_t kCachedSteps = 512;

PrimitiveCache<StepsKey, Steps>& steps_cache() {
  static PrimitiveCache<StepsKey, Steps> cache(kCachedSteps);
  return cache;
}

// The shape whose layout is taken for all. oneDNN has layouts that serve one number of rows only, but does
// not offer them for a single row and several steps.
constexpr std::int64_t kLayoutSteps = 32;
constexpr std::int64_t kLayoutRows = 1;

memory pack(const float* weight, const memory::dims& sizes, const memory::desc& layout) {
  // torch's [4H, in] is [in, 4, H] with the input last.
  memory plain(float_desc(sizes, Tag::ldgoi), cpu_engine(), const_cast<float*>(weight));
  memory packed(layout, cpu_engine());
  dnnl::stream& stream = thread_stream();
  dnnl::reorder(plain, packed).execute(stream, plain, packed);
  stream.wait();
  return packed;
}

}  // namespace

struct PackedLstm::Impl {
  std::int64_t input_size = 0;
  std::int64_t hidden_size = 0;
  memory input_weight, recurrent_weight;
  std::vector<float> bias;  // [4H]
};

PackedLstm::PackedLstm(std::int64_t input_size, std::int64_t hidden_size, const float* input_weight,
                       const float* recurrent_weight, const float* input_bias, const float* recurrent_bias) {
  GLINER_CHECK(input_size > 0 && hidden_size > 0);
  auto impl = std::make_unique<Impl>();
  impl->input_size = input_size;
  impl->hidden_size = hidden_size;
  impl->bias.resize(static_cast<std::size_t>(kGates * hidden_size));
  for (std::size_t i = 0; i < impl->bias.size(); ++i) impl->bias[i] = input_bias[i] + recurrent_bias[i];

  const memory::dims input_sizes = {1, 1, input_size, kGates, hidden_size};
  const memory::dims recurrent_sizes = {1, 1, hidden_size, kGates, hidden_size};
  const StepsKey key{kLayoutSteps, kLayoutRows, input_size, hidden_size, intra_op_threads()};
  const auto desc = make_desc(key, float_desc(input_sizes, Tag::any), float_desc(recurrent_sizes, Tag::any));
  impl->input_weight = pack(input_weight, input_sizes, desc.weights_layer_desc());
  impl->recurrent_weight = pack(recurrent_weight, recurrent_sizes, desc.weights_iter_desc());
  impl_ = std::move(impl);
}

PackedLstm::PackedLstm(PackedLstm&&) noexcept = default;
PackedLstm& PackedLstm::operator=(PackedLstm&&) noexcept = default;
PackedLstm::~PackedLstm() = default;

std::int64_t PackedLstm::input_size() const { return impl_->input_size; }
std::int64_t PackedLstm::hidden_size() const { return impl_->hidden_size; }

void PackedLstm::run(const float* x, std::int64_t steps, std::int64_t rows, float* state, float* cell,
                     float* y) const {
  GLINER_CHECK(steps > 0 && rows > 0);
  const StepsKey key{steps, rows, impl_->input_size, impl_->hidden_size, intra_op_threads()};
  const std::shared_ptr<const Steps> steps_of_shape = steps_cache().get(key, [&] {
    const auto desc_of_shape =
        make_desc(key, impl_->input_weight.get_desc(), impl_->recurrent_weight.get_desc());
    return Steps{desc_of_shape, dnnl::lstm_forward(desc_of_shape)};
  });
  const dnnl::lstm_forward::primitive_desc& desc = steps_of_shape->desc;

  // The states before and after may not share memory: oneDNN may read the one while it writes the other.
  const std::int64_t state_floats = rows * impl_->hidden_size;
  thread_local AlignedBuffer before_buffer;
  float* const before = before_buffer.floats(2 * state_floats);
  std::copy_n(state, state_floats, before);
  std::copy_n(cell, state_floats, before + state_floats);

  // oneDNN takes pointers to mutable memory for inputs too; it does not write to them.
  const auto at = [](const memory::desc& layout, const float* data) {
    return memory(layout, cpu_engine(), const_cast<float*>(data));
  };
  const memory::desc scratch_desc = desc.scratchpad_desc();
  thread_local AlignedBuffer scratch;
  const std::unordered_map<int, memory> arguments = {
      {DNNL_ARG_SRC_LAYER, at(desc.src_layer_desc(), x)},
      {DNNL_ARG_SRC_ITER, at(desc.src_iter_desc(), before)},
      {DNNL_ARG_SRC_ITER_C, at(desc.src_iter_c_desc(), before + state_floats)},
      {DNNL_ARG_WEIGHTS_LAYER, impl_->input_weight},
      {DNNL_ARG_WEIGHTS_ITER, impl_->recurrent_weight},
      {DNNL_ARG_BIAS, at(desc.bias_desc(), impl_->bias.data())},
      {DNNL_ARG_DST_LAYER, at(desc.dst_layer_desc(), y)},
      {DNNL_ARG_DST_ITER, at(desc.dst_iter_desc(), state)},
      {DNNL_ARG_DST_ITER_C, at(desc.dst_iter_c_desc(), cell)},
      {DNNL_ARG_SCRATCHPAD, memory(scratch_desc, cpu_engine(), scratch.bytes(scratch_desc.get_size()))}};
  dnnl::stream& stream = thread_stream();
  steps_of_shape->primitive.execute(stream, arguments);
  stream.wait();
}

}  // namespace gliner
