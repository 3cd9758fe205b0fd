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

SpanGrid::SpanGrid(const std::vector<GridSequence>& sequences, const GridShape& shape)
    : sequences_(sequences), shape_(shape), parts_(sequences.size()) {
  for (std::size_t s = 0; s < sequences_.size(); ++s) {
    const GridSequence& sequence = sequences_[s];
    GLINER_CHECK(sequence.rows > 0 && sequence.queries > 0);
    for (std::int64_t first = 0; first < sequence.rows; first += shape_.most_rows) {
      const std::int64_t rows = std::min(shape_.most_rows, sequence.rows - first);
      if (!blocks_.empty()) {
        const Block& last = blocks_.back();
        const auto items = static_cast<std::int64_t>(last.items.size()) + 1;
        if (floats(items, std::max(last.rows, rows), std::max(last.queries, sequence.queries)) > kMostFloats)
          blocks_.emplace_back();
      } else {
        blocks_.emplace_back();
      }
      Block& block = blocks_.back();
      parts_[s].push_back({blocks_.size() - 1, static_cast<std::int64_t>(block.items.size())});
      block.items.push_back({s, first, rows});
      block.rows = std::max(block.rows, rows);
      block.queries = std::max(block.queries, sequence.queries);
    }
  }
  for (Block& block : blocks_) {
    block.begin = cells_;
    cells_ += cells_of(block);
  }
  GLINER_CHECK(cells_ <= std::numeric_limits<std::int32_t>::max());
}

std::int64_t SpanGrid::most_queries(const GridShape& shape) {
  const std::int64_t of_query = shape.most_rows * shape.max_width * shape.cell_floats;
  return of_query == 0 ? kMostFloats : std::max<std::int64_t>(1, kMostFloats / of_query);
}

std::int64_t SpanGrid::floats(std::int64_t items, std::int64_t rows, std::int64_t queries) const {
  return items * rows * shape_.max_width * (shape_.span_floats + queries * shape_.cell_floats);
}

std::int64_t SpanGrid::cells_of(const Block& block) const {
  return static_cast<std::int64_t>(block.items.size()) * block.queries * block.rows * shape_.max_width;
}

GridCell SpanGrid::at(std::int64_t cell) const {
  const auto behind = std::upper_bound(blocks_.begin(), blocks_.end(), cell,
                                       [](std::int64_t at, const Block& block) { return at < block.begin; });
  const Block& block = *std::prev(behind);
  std::int64_t rest = cell - block.begin;
  const std::int64_t width = rest % shape_.max_width;
  rest /= shape_.max_width;
  const std::int64_t row = rest % block.rows;
  rest /= block.rows;
  const std::int64_t query = rest % block.queries;
  const Item& item = block.items.at(static_cast<std::size_t>(rest / block.queries));
  return {item.sequence, query, item.first + row, width};
}

std::int64_t SpanGrid::cell(const GridCell& place) const {
  const Place& part = parts_.at(place.sequence).at(static_cast<std::size_t>(place.row / shape_.most_rows));
  const Block& block = blocks_[part.block];
  const std::int64_t row = place.row % shape_.most_rows;
  return block.begin + ((part.item * block.queries + place.query) * block.rows + row) * shape_.max_width +
         place.width;
}

std::vector<SpanGrid::Slot> SpanGrid::slots() const {
  std::vector<Slot> slots;
  for (const Block& block : blocks_) {
    const std::int64_t step = block.rows * shape_.max_width;
    std::int64_t begin = block.begin;
    for (const Item& item : block.items)
      for (std::int64_t query = 0; query < block.queries; ++query, begin += step) {
        const bool own = query < sequences_[item.sequence].queries;
        slots.push_back({begin, step, item.sequence, own ? query : -1});
      }
  }
  return slots;
}

void SpanGrid::prepare(PackedUpload& upload) {
  const auto narrow = [](std::int64_t value) { return static_cast<std::int32_t>(value); };
  for (Block& block : blocks_) {
    std::vector<std::int32_t> rows, queries, limit, first_text;
    for (const Item& item : block.items) {
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

std::vector<SpanGrid::Product> SpanGrid::products(const PackedUpload& upload) const {
  std::vector<Product> products;
  for (const Block& block : blocks_)
    products.push_back({block.begin, static_cast<std::int64_t>(block.items.size()), block.queries, block.rows,
                        upload.integers(block.row_index), upload.integers(block.query_index)});
  return products;
}

bool SpanGrid::shares_queries(const Block& block) const {
  const GridSequence& first = sequences_[block.items.front().sequence];
  return std::all_of(block.items.begin(), block.items.end(), [&](const Item& item) {
    const GridSequence& own = sequences_[item.sequence];
    return own.first_query == first.first_query && own.queries == first.queries;
  });
}

at::Tensor SpanGrid::logits(const SpanEnds& ends, const at::Tensor& folded, const at::Tensor& bias,
                            const PackedUpload& upload) const {
  const std::int64_t inner = ends.start.size(1);
  const std::int64_t widths = shape_.max_width;
  const at::Tensor all = at::empty({cells_}, ends.start.options());
  for (const Block& block : blocks_) {
    const auto items = static_cast<std::int64_t>(block.items.size());
    const std::int64_t reach = block.rows + widths - 1;
    const at::Tensor rows = upload.integers(block.row_index);       // [items * reach]
    const at::Tensor queries = upload.integers(block.query_index);  // [items * queries]
    const at::Tensor start = ends.start.index_select(0, rows).view({items, reach, 1, inner});
    const at::Tensor end = ends.end.index_select(0, rows).as_strided({items, block.rows, widths, inner},
                                                                     {reach * inner, inner, inner, 1});
    at::Tensor spans = at::empty({items, block.rows, widths, inner}, start.options());
    at::add_out(spans, start.narrow(1, 0, block.rows), end).relu_();
    // Thousands of labels that all texts share are read where they are.
    const std::int64_t first = sequences_[block.items.front().sequence].first_query;
    const at::Tensor own_folded =
        shares_queries(block) ? folded.narrow(0, first, block.queries).expand({items, block.queries, inner})
                              : folded.index_select(0, queries).view({items, block.queries, inner});
    at::Tensor own =
        all.narrow(0, block.begin, cells_of(block)).view({items, block.queries, block.rows * widths});
    at::bmm_out(own, own_folded, spans.view({items, block.rows * widths, inner}).transpose(1, 2));
    own.add_(bias.index_select(0, queries).view({items, block.queries, 1}));
  }
  return all;
}

at::Tensor SpanGrid::reached(const at::Tensor& logits, const at::Tensor& least,
                             const PackedUpload& upload) const {
  const at::Tensor all = at::empty({cells_}, logits.options().dtype(at::kBool));
  // Nothing is at least NaN, not even an infinite logit.
  const at::Tensor never = at::full({1}, std::numeric_limits<float>::quiet_NaN(), least.options());
  const auto counting = at::TensorOptions().dtype(at::kInt).device(logits.device());
  for (const Block& block : blocks_) {
    const auto items = static_cast<std::int64_t>(block.items.size());
    const at::Tensor row = at::arange(block.rows, counting).view({1, block.rows, 1});
    const at::Tensor width = at::arange(shape_.max_width, counting).view({1, 1, shape_.max_width});
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
    const std::vector<std::int64_t> cells = {items, block.queries, block.rows, shape_.max_width};
    const at::Tensor reaches = logits.narrow(0, block.begin, cells_of(block))
                                   .view(cells)
                                   .ge(own_least.view({items, block.queries, 1, 1}));
    at::Tensor own = all.narrow(0, block.begin, cells_of(block)).view(cells);
    at::logical_and_out(own, reaches, is_span.unsqueeze(1));
  }
  return all;
}

}  // namespace gliner
