#include "heads/span_grid.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <limits>

#include "base/check.h"

namespace gliner {
namespace {

/// Floats of a product's spans and cells, which exist at once.
constexpr std::int64_t kMostFloats = std::int64_t{64} << 20;

}  // namespace

SpanGrid::SpanGrid(const std::vector<GridSequence>& sequences, const GridLimits& limits)
    : sequences_(sequences), limits_(limits), parts_(sequences.size()) {
  shape_.max_width = limits.max_width;
  std::vector<SpanGridShape::Block>& blocks = shape_.blocks;
  const std::int64_t step = limits.row_step;
  const auto in_steps = [step](std::int64_t rows) { return (rows + step - 1) / step * step; };
  for (std::size_t s = 0; s < sequences_.size(); ++s) {
    const GridSequence& sequence = sequences_[s];
    GLINER_CHECK(sequence.rows > 0 && sequence.queries > 0);
    for (std::int64_t first = 0; first < sequence.rows; first += limits.most_rows) {
      const std::int64_t rows = std::min(limits.most_rows, sequence.rows - first);
      const bool fits =
          !blocks.empty() && floats(blocks.back().items + 1, std::max(blocks.back().rows, in_steps(rows)),
                                    std::max(blocks.back().queries, sequence.queries)) <= kMostFloats;
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
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    blocks[b].begin = shape_.cells;
    blocks[b].shared_query = shared_query(items_[b]);
    shape_.cells += shape_.cells_of(blocks[b]);
  }
  GLINER_CHECK(shape_.cells <= std::numeric_limits<std::int32_t>::max());
}

std::int64_t SpanGrid::most_queries(const GridLimits& limits) {
  const std::int64_t of_query = limits.most_rows * limits.max_width * limits.cell_floats;
  return of_query == 0 ? kMostFloats : std::max<std::int64_t>(1, kMostFloats / of_query);
}

std::int64_t SpanGrid::floats(std::int64_t items, std::int64_t rows, std::int64_t queries) const {
  return items * rows * limits_.max_width * (limits_.span_floats + queries * limits_.cell_floats);
}

/// Of a single item the queries are gathered as those of any other, wherever they lie.
std::int64_t SpanGrid::shared_query(const std::vector<Item>& items) const {
  const GridSequence& first = sequences_[items.front().sequence];
  const bool is_shared = items.size() > 1 && std::all_of(items.begin(), items.end(), [&](const Item& item) {
                           const GridSequence& own = sequences_[item.sequence];
                           return own.first_query == first.first_query && own.queries == first.queries;
                         });
  return is_shared ? first.first_query : -1;
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
  const Place& part = parts_.at(place.sequence).at(static_cast<std::size_t>(place.row / limits_.most_rows));
  const SpanGridShape::Block& block = shape_.blocks[part.block];
  const std::int64_t row = place.row % limits_.most_rows;
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
      for (std::int64_t q = 0; q < block.queries; ++q)  // Likewise.
        queries.push_back(narrow(sequence.first_query + std::min(q, sequence.queries - 1)));
      // Row r of the item begins spans when r < its rows, and they end before the next limit.
      limit.push_back(narrow(item.rows));
      limit.push_back(narrow(sequence.rows - item.first));
      limit.push_back(narrow(sequence.queries));
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
    // Thousands of labels that all texts share are read where they are.
    const at::Tensor own_folded =
        block.shared_query >= 0
            ? folded.narrow(0, block.shared_query, block.queries).expand({items, block.queries, inner})
            : folded.index_select(0, queries).view({items, block.queries, inner});
    at::Tensor own =
        all.narrow(0, block.begin, cells_of(block)).view({items, block.queries, block.rows * max_width});
    at::bmm_out(own, own_folded, spans.view({items, block.rows * max_width, inner}).transpose(1, 2));
    own.add_(bias.index_select(0, queries).view({items, block.queries, 1}));
  }
  return all;
}

at::Tensor SpanGridShape::reached(const at::Tensor& logits, const at::Tensor& least,
                                  const Uploaded& upload) const {
  const at::Tensor all = at::empty({cells}, logits.options().dtype(at::kBool));
  // Nothing is at least NaN, not even an infinite logit.
  const at::Tensor never = at::full({1}, std::numeric_limits<float>::quiet_NaN(), least.options());
  const auto counting = at::TensorOptions().dtype(at::kInt).device(logits.device());
  for (const Block& block : blocks) {
    const std::int64_t items = block.items;
    const at::Tensor row = at::arange(block.rows, counting).view({1, block.rows, 1});
    const at::Tensor width = at::arange(max_width, counting).view({1, 1, max_width});
    const at::Tensor query = at::arange(block.queries, counting).view({1, block.queries});
    const at::Tensor limit = upload.integers(block.limit).view({items, 3});
    const at::Tensor is_row =
        row.lt(limit.select(1, 0).view({items, 1, 1}))
            .logical_and_(row.ge(upload.integers(block.first_text).view({items, 1, 1})));  // [items, rows, 1]
    const at::Tensor is_span =
        (row + width).lt(limit.select(1, 1).view({items, 1, 1})).logical_and_(is_row);  // [items, rows, K]
    const at::Tensor own_least =
        at::where(query.lt(limit.narrow(1, 2, 1)),
                  least.index_select(0, upload.integers(block.query_index)).view({items, block.queries}),
                  never);  // [items, queries]
    const std::vector<std::int64_t> sizes = {items, block.queries, block.rows, max_width};
    const at::Tensor reaches = logits.narrow(0, block.begin, cells_of(block))
                                   .view(sizes)
                                   .ge(own_least.view({items, block.queries, 1, 1}));
    at::Tensor own = all.narrow(0, block.begin, cells_of(block)).view(sizes);
    at::logical_and_out(own, reaches, is_span.unsqueeze(1));
  }
  return all;
}

}  // namespace gliner
