#include "heads/span_grid.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace gliner {
namespace {

/// Rows of one sequence in a product: longer ones are cut.
constexpr std::int64_t kMostRows = 512;

/// Floats of a product's spans, [items, rows, K, C]: they exist at once.
constexpr std::int64_t kMostFloats = std::int64_t{64} << 20;

}  // namespace

SpanGrid::SpanGrid(const std::vector<GridSequence>& sequences, std::int64_t max_width, std::int64_t inner,
                   std::int64_t row_step)
    : sequences_(sequences), parts_(sequences.size()) {
  shape_.max_width = max_width;
  std::vector<SpanGridShape::Block>& blocks = shape_.blocks;
  const auto in_steps = [&](std::int64_t rows) { return (rows + row_step - 1) / row_step * row_step; };
  for (std::size_t s = 0; s < sequences_.size(); ++s) {
    const GridSequence& sequence = sequences_[s];
    GLINER_CHECK(sequence.rows > 0 && sequence.queries > 0);
    query_count_ = std::max(query_count_, sequence.first_query + sequence.queries);
    for (std::int64_t first = 0; first < sequence.rows; first += kMostRows) {
      const std::int64_t rows = std::min(kMostRows, sequence.rows - first);
      const bool fits =
          !blocks.empty() &&
          (blocks.back().items + 1) * std::max(blocks.back().rows, in_steps(rows)) * max_width * inner <=
              kMostFloats;
      if (!fits) {
        blocks.emplace_back();
        items_.emplace_back();
      }
      SpanGridShape::Block& block = blocks.back();
      parts_[s].push_back({blocks.size() - 1, block.items++});
      items_.back().push_back({s, first, rows});
      block.rows = std::max(block.rows, in_steps(rows));
      block.queries = std::max(block.queries, sequence.queries);
    }
  }
  for (SpanGridShape::Block& block : blocks) {
    block.begin = shape_.cells;
    shape_.cells += shape_.cells_of(block);
  }
  GLINER_CHECK(shape_.cells <= std::numeric_limits<std::int32_t>::max());
}

GridCell SpanGrid::at(std::int64_t cell) const {
  const auto behind =
      std::upper_bound(shape_.blocks.begin(), shape_.blocks.end(), cell,
                       [](std::int64_t at, const SpanGridShape::Block& block) { return at < block.begin; });
  const SpanGridShape::Block& block = *std::prev(behind);
  std::int64_t rest = cell - block.begin;
  const std::int64_t width = rest % shape_.max_width;
  rest /= shape_.max_width;
  const std::int64_t row = rest % block.rows;
  rest /= block.rows;
  const std::int64_t query = rest % block.queries;
  const auto& items = items_[static_cast<std::size_t>(&block - shape_.blocks.data())];
  const Item& item = items.at(static_cast<std::size_t>(rest / block.queries));
  return {item.sequence, query, item.first + row, width};
}

std::int64_t SpanGrid::cell(const GridCell& place) const {
  const Place& part = parts_.at(place.sequence).at(static_cast<std::size_t>(place.row / kMostRows));
  const SpanGridShape::Block& block = shape_.blocks[part.block];
  const std::int64_t row = place.row % kMostRows;
  return block.begin + ((part.item * block.queries + place.query) * block.rows + row) * shape_.max_width +
         place.width;
}

std::vector<SpanGrid::Slot> SpanGrid::slots() const {
  std::vector<Slot> slots;
  for (std::size_t b = 0; b < items_.size(); ++b) {
    const SpanGridShape::Block& block = shape_.blocks[b];
    const std::int64_t step = block.rows * shape_.max_width;
    std::int64_t begin = block.begin;
    for (const Item& item : items_[b])
      for (std::int64_t query = 0; query < block.queries; ++query, begin += step) {
        const bool own = query < sequences_[item.sequence].queries;
        slots.push_back({begin, step, item.sequence, own ? query : -1});
      }
  }
  return slots;
}

void SpanGrid::prepare(PackedUpload& upload) {
  const auto narrow = [](std::int64_t value) { return static_cast<std::int32_t>(value); };
  for (std::size_t b = 0; b < items_.size(); ++b) {
    SpanGridShape::Block& block = shape_.blocks[b];
    std::vector<std::int32_t> rows, queries, limit, first_text;
    for (const Item& item : items_[b]) {
      const GridSequence& sequence = sequences_[item.sequence];
      // Behind the last row comes the last row again: what it scores is not a span and is left out.
      for (std::int64_t r = 0; r < block.rows + shape_.max_width - 1; ++r)
        rows.push_back(narrow(sequence.first_row + std::min(item.first + r, sequence.rows - 1)));
      // Behind the last query comes the one that nothing reaches.
      for (std::int64_t q = 0; q < block.queries; ++q)
        queries.push_back(narrow(q < sequence.queries ? sequence.first_query + q : query_count_));
      // Row r of the item begins spans when r < its rows, and they end before `limit`.
      limit.push_back(narrow(item.rows));
      limit.push_back(narrow(sequence.rows - item.first));
      first_text.push_back(narrow(sequence.first_text_row - item.first));
    }
    block.row_index = upload.add(rows);
    block.query_index = upload.add(queries);
    block.limit = upload.add(limit);
    block.first_text = upload.add(first_text);
  }
}

at::Tensor SpanGridShape::logits(const SpanEnds& ends, const at::Tensor& folded, const at::Tensor& bias,
                                 const Uploaded& upload) const {
  const std::int64_t inner = ends.start.size(1);
  const at::Tensor all = at::empty({cells}, ends.start.options());
  const at::Tensor all_folded = at::constant_pad_nd(folded, {0, 0, 0, 1});  // [Q + 1, C]
  const at::Tensor all_bias = at::constant_pad_nd(bias, {0, 1});            // [Q + 1]
  for (const Block& block : blocks) {
    const std::int64_t items = block.items;
    const std::int64_t reach = block.rows + max_width - 1;
    const at::Tensor rows = upload.integers(block.row_index);       // [items * reach]
    const at::Tensor queries = upload.integers(block.query_index);  // [items * queries]
    const at::Tensor start = ends.start.index_select(0, rows).view({items, reach, 1, inner});
    const at::Tensor end = ends.end.index_select(0, rows).as_strided({items, block.rows, max_width, inner},
                                                                     {reach * inner, inner, inner, 1});
    at::Tensor spans = at::empty({items, block.rows, max_width, inner}, start.options());
    at::add_out(spans, start.narrow(1, 0, block.rows), end).relu_();
    at::Tensor own =
        all.narrow(0, block.begin, cells_of(block)).view({items, block.queries, block.rows * max_width});
    at::bmm_out(own, all_folded.index_select(0, queries).view({items, block.queries, inner}),
                spans.view({items, block.rows * max_width, inner}).transpose(1, 2));
    own.add_(all_bias.index_select(0, queries).view({items, block.queries, 1}));
  }
  return all;
}

at::Tensor SpanGridShape::reached(const at::Tensor& logits, const at::Tensor& least,
                                  const Uploaded& upload) const {
  const at::Tensor all = at::empty({cells}, logits.options().dtype(at::kBool));
  const at::Tensor all_least =
      at::constant_pad_nd(least, {0, 1}, std::numeric_limits<float>::infinity());  // [Q + 1]
  const auto counting = at::TensorOptions().dtype(at::kInt).device(logits.device());
  for (const Block& block : blocks) {
    const std::int64_t items = block.items;
    const at::Tensor row = at::arange(block.rows, counting).view({1, block.rows, 1});
    const at::Tensor width = at::arange(max_width, counting).view({1, 1, max_width});
    const at::Tensor limit = upload.integers(block.limit).view({items, 2});
    const at::Tensor is_row =
        row.lt(limit.select(1, 0).view({items, 1, 1}))
            .logical_and_(row.ge(upload.integers(block.first_text).view({items, 1, 1})));  // [items, rows, 1]
    const at::Tensor is_span =
        (row + width).lt(limit.select(1, 1).view({items, 1, 1})).logical_and_(is_row);  // [items, rows, K]
    const at::Tensor own_least =
        all_least.index_select(0, upload.integers(block.query_index)).view({items, block.queries, 1, 1});
    const at::Tensor reaches = logits.narrow(0, block.begin, cells_of(block))
                                   .view({items, block.queries, block.rows, max_width})
                                   .ge(own_least);
    at::Tensor own =
        all.narrow(0, block.begin, cells_of(block)).view({items, block.queries, block.rows, max_width});
    at::logical_and_out(own, reaches, is_span.unsqueeze(1));
  }
  return all;
}

}  // namespace gliner
