#include "nn/attention.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.h"
#include "nn/cpu/kernels.h"
#include "nn/cuda/operations.h"
#include "nn/rows.h"
#include "nn/threads.h"

namespace gliner {

RelativePositions::RelativePositions(std::int64_t buckets, std::int64_t max_positions)
    : buckets_(buckets), max_positions_(max_positions) {
  span_ = buckets > 0 ? buckets : max_positions;
  // Without buckets the largest positive distance that is not cut is span - 1.
  linear_ = buckets > 0 ? std::min(buckets / 2, span_ - 1) : span_ - 1;
  far_ = least_far();
}

std::int64_t RelativePositions::least_far() const {
  // Buckets grow with the distance and are cut at the table's ends; what has reached both stays there.
  const std::int64_t most = 2 * std::max(span_, max_positions_);
  for (std::int64_t distance = 1; distance <= most; ++distance)
    if (column(distance) == 2 * span_ - 1 && column(-distance) == 0) return distance;
  return 0;
}

std::int64_t RelativePositions::column(std::int64_t distance) const {
  std::int64_t bucket = distance;
  const std::int64_t middle = buckets_ / 2;
  const std::int64_t size = std::abs(distance);
  if (buckets_ > 0 && size > middle) {
    // In float32 like the reference: the buckets' edges depend on the rounding.
    const float ratio = std::log(static_cast<float>(size) / static_cast<float>(middle)) /
                        std::log(static_cast<float>(static_cast<double>(max_positions_ - 1) / middle));
    const float steps = std::ceil(ratio * static_cast<float>(middle - 1));
    // A configuration with max_positions - 1 == middle divides by zero; torch casts that to the least
    // integer.
    if (!std::isfinite(steps)) return 0;
    bucket = static_cast<std::int64_t>(steps) + middle;
    if (distance < 0) bucket = -bucket;
  }
  return std::clamp<std::int64_t>(bucket + span_, 0, 2 * span_ - 1);
}

namespace {

std::int64_t round_up(std::int64_t n, std::int64_t step) { return (n + step - 1) / step * step; }

constexpr std::int64_t kPanel = kAttentionPanel;

// [2 * span, heads * D] -> [heads, panels, D, kPanel], zeros at the rims. The distances fall from S - 1 to
// -S, S = span rounded up to whole panels.
at::Tensor table_in_panels(const at::Tensor& table, std::int64_t heads) {
  const std::int64_t span = table.size(0) / 2;
  const std::int64_t rim = round_up(span, kPanel) - span;
  const at::Tensor falling = at::constant_pad_nd(table, {0, 0, rim, rim}).flip(0);  // [2 * S, heads * D]
  return falling.view({-1, kPanel, heads, table.size(1) / heads}).permute({2, 0, 3, 1}).contiguous();
}

}  // namespace

PositionTables::PositionTables(std::shared_ptr<const RelativePositions> positions, const at::Tensor& key,
                               const at::Tensor& query, std::int64_t heads, c10::ScalarType element)
    : positions_(std::move(positions)), heads_(heads) {
  for (const at::Tensor& table : {key, query})
    GLINER_CHECK(!table.defined() || (table.size(0) == 2 * positions_->span() && table.size(1) % heads == 0));
  const bool on_cpu =
      (!key.defined() || key.device().is_cpu()) && (!query.defined() || query.device().is_cpu());
  // The kernels take both tables or none; a term that the model lacks is zero.
  const auto or_zeros = [](const at::Tensor& table, const at::Tensor& other) {
    return table.defined() ? table : at::zeros_like(other);
  };
  if (!on_cpu) {
    key_ = key.defined() ? key.contiguous() : key;
    query_ = query.defined() ? query.contiguous() : query;
    if (cuda_kernels() && (key.defined() || query.defined()))
      card_ = make_card_tables(*positions_, or_zeros(key, query), or_zeros(query, key), heads, element);
    return;
  }
  if (!key.defined() && !query.defined()) return;
  key_panels_ = table_in_panels(or_zeros(key, query), heads);
  query_panels_ = table_in_panels(or_zeros(query, key), heads);
}

std::int64_t PositionTables::table_reach(std::int64_t length) const {
  const std::int64_t far = positions_->far();
  return round_up(far > 0 ? std::min(length, far + kAttentionFarRim) : length, kPanel);
}

std::vector<std::int32_t> PositionTables::columns(std::int64_t length) const {
  if (!key_panels_.defined() || length - 1 <= positions_->linear()) return {};
  const std::int64_t most = table_reach(length);
  const std::int64_t stored_most = key_panels_.size(1) / 2 * kPanel;
  std::vector<std::int32_t> columns;
  columns.reserve(static_cast<std::size_t>(2 * most));
  for (std::int64_t distance = most - 1; distance >= -most; --distance) {
    const std::int64_t stored_distance = positions_->column(distance) - positions_->span();
    columns.push_back(static_cast<std::int32_t>(stored_most - 1 - stored_distance));
  }
  return columns;
}

PositionTables::View PositionTables::view(std::int64_t head, std::int64_t length,
                                          const std::vector<std::int32_t>& columns,
                                          AlignedBuffer& buffer) const {
  if (!key_panels_.defined()) return {};
  const std::int64_t panels = key_panels_.size(1);
  const std::int64_t panel_floats = key_panels_.size(2) * kPanel;
  const float* key = key_panels_.data_ptr<float>() + head * panels * panel_floats;
  const float* query = query_panels_.data_ptr<float>() + head * panels * panel_floats;
  // AttentionHead points to the panel of the distances 15 to 0, the last one of the first half.
  const std::int64_t stored_middle = (panels / 2 - 1) * panel_floats;
  if (length - 1 <= positions_->linear()) return {key + stored_middle, query + stored_middle};

  const std::int64_t count = 2 * table_reach(length);
  const std::int64_t skipped = static_cast<std::int64_t>(columns.size()) - count;  // Half on either side.
  GLINER_CHECK(skipped >= 0);
  PanelColumns copy;
  copy.columns = columns.data() + skipped / 2;
  copy.panels = count / kPanel;
  copy.rows = key_panels_.size(2);
  const std::int64_t floats = copy.panels * panel_floats;
  float* const copies = buffer.floats(2 * floats);
  copy.from = key;
  copy.to = copies;
  cpu_kernels().copy_columns(copy);
  copy.from = query;
  copy.to = copies + floats;
  cpu_kernels().copy_columns(copy);
  const std::int64_t middle = (copy.panels / 2 - 1) * panel_floats;
  return {copies + middle, copies + floats + middle};
}

std::vector<std::size_t> longest_first(const SequenceStart& start) {
  std::vector<std::size_t> order(start.empty() ? 0 : start.size() - 1);
  std::iota(order.begin(), order.end(), std::size_t{0});
  const auto length_of = [&start](std::size_t b) { return start[b + 1] - start[b]; };
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return length_of(a) > length_of(b); });
  return order;
}

std::vector<std::int32_t> places_in_sequences(const SequenceStart& start) {
  std::vector<std::int32_t> places;
  for (std::size_t b = 0; b + 1 < start.size(); ++b)
    for (std::int64_t t = start[b]; t < start[b + 1]; ++t)
      places.push_back(static_cast<std::int32_t>(t - start[b]));
  return places;
}

at::Tensor self_attention(const at::Tensor& qkv, const SequenceStart& start, const AttentionOptions& options,
                          at::Tensor reuse) {
  if (options.visible) {
    GLINER_CHECK(!options.positions && options.visible->size() + 1 == start.size());
    return plain_attention(qkv, start, options, nullptr, {}, {});
  }
  if (!qkv.device().is_cpu()) {
    if constexpr (cuda_kernels())
      if (has_cuda_attention(qkv, options)) return cuda_attention(qkv, start, options);
    const PositionTables* p = options.positions;
    return p ? plain_attention(qkv, start, options, &p->positions(), p->key(), p->query())
             : plain_attention(qkv, start, options, nullptr, {}, {});
  }
  const std::int64_t hidden = qkv.size(1) / 3;
  const std::int64_t head_size = hidden / options.heads;
  const std::int64_t tokens = qkv.size(0);
  GLINER_CHECK(start.back() == tokens && qkv.stride(1) == 1 && hidden % options.heads == 0);
  GLINER_CHECK(!options.positions || options.window < 0);
  const bool fits =
      reuse.defined() && reuse.size(0) == tokens && reuse.size(1) == hidden && has_writable_capacity(reuse);
  at::Tensor out = fits ? reuse : new_rows(tokens, hidden, qkv.device());  // [T, H]

  const std::vector<std::size_t> order = longest_first(start);
  const auto length_of = [&start](std::size_t b) { return start[b + 1] - start[b]; };
  std::vector<std::int32_t> columns;
  if (options.positions && !order.empty()) columns = options.positions->columns(length_of(order.front()));
  const float* data = qkv.data_ptr<float>();
  float* result = out.data_ptr<float>();
  parallel_tasks(static_cast<std::int64_t>(order.size()) * options.heads, [&](std::int64_t task) {
    const std::size_t sequence = order[static_cast<std::size_t>(task / options.heads)];
    const std::int64_t head = task % options.heads;
    const std::int64_t first = start[sequence];
    thread_local AlignedBuffer scratch, tables;
    AttentionHead h;
    h.length = length_of(sequence);
    if (h.length == 0) return;
    h.head_size = head_size;
    h.stride = h.key_stride = qkv.stride(0);
    h.query = data + first * h.stride + head * head_size;
    h.key = h.query + hidden;
    h.value = h.key + hidden;
    h.scale = static_cast<float>(options.scale);
    h.window = options.window;
    if (options.positions) {
      const PositionTables::View view = options.positions->view(head, h.length, columns, tables);
      h.position_key = view.key;
      h.position_query = view.query;
      const std::int64_t far = options.positions->positions().far();
      if (h.position_key != nullptr && h.length > far) h.far = far;
    }
    h.out = result + first * hidden + head * head_size;
    h.out_stride = hidden;
    h.scratch = scratch.floats(attention_scratch_floats(h.length, head_size));
    cpu_kernels().attention_head(h);
  });
  return out;
}

at::Tensor plain_attention(const at::Tensor& qkv, const SequenceStart& start, const AttentionOptions& options,
                           const RelativePositions* positions, const at::Tensor& key_table,
                           const at::Tensor& query_table) {
  GLINER_CHECK(!start.empty() && start.back() == qkv.size(0));
  const std::int64_t hidden = qkv.size(1) / 3;
  const std::int64_t head_size = hidden / options.heads;
  const auto by_head = [&](const at::Tensor& x) {  // [N, H] -> [heads, N, D]
    return x.view({x.size(0), options.heads, head_size}).transpose(0, 1);
  };
  std::vector<at::Tensor> outputs;
  for (std::size_t b = 0; b + 1 < start.size(); ++b) {
    const std::int64_t length = start[b + 1] - start[b];
    if (length == 0) continue;
    // Scores and their softmax in float32 whatever the activations are.
    const at::Tensor rows = qkv.narrow(0, start[b], length).to(at::kFloat).contiguous();  // [L, 3H]
    const at::Tensor q = by_head(rows.narrow(1, 0, hidden).contiguous());                 // [heads, L, D]
    const at::Tensor k = by_head(rows.narrow(1, hidden, hidden).contiguous());
    const at::Tensor v = by_head(rows.narrow(1, 2 * hidden, hidden).contiguous());
    at::Tensor scores = at::matmul(q, k.transpose(1, 2));  // [heads, L, L]

    const at::Tensor index = at::arange(length, at::kLong);
    const at::Tensor distance = index.unsqueeze(1) - index.unsqueeze(0);  // i - j
    if (positions) {
      std::vector<std::int64_t> columns;
      for (std::int64_t i = 0; i < length; ++i)
        for (std::int64_t j = 0; j < length; ++j) columns.push_back(positions->column(i - j));
      const at::Tensor column = at::tensor(columns, at::kLong)
                                    .view({1, length, length})
                                    .expand({options.heads, length, length})
                                    .to(qkv.device());
      if (key_table.defined())  // Query i meets the table's column of (i, j).
        scores = scores + at::matmul(q, by_head(key_table).transpose(1, 2)).gather(2, column);
      if (query_table.defined())  // Key j meets the table's column of (i, j).
        scores = scores + at::matmul(k, by_head(query_table).transpose(1, 2))
                              .gather(2, column.transpose(1, 2))
                              .transpose(1, 2);
    }
    scores = scores * options.scale;
    if (options.window >= 0)
      scores = scores.masked_fill(distance.abs().gt(options.window).to(qkv.device()), -INFINITY);
    if (options.visible)
      scores = scores.masked_fill(index.ge((*options.visible)[b]).to(qkv.device()), -INFINITY);
    const at::Tensor out = at::matmul(at::softmax(scores, -1), v);  // [heads, L, D]
    outputs.push_back(out.transpose(0, 1).reshape({length, hidden}).to(qkv.scalar_type()));
  }
  return outputs.empty() ? at::empty({0, hidden}, qkv.options()) : at::cat(outputs);
}

}  // namespace gliner
