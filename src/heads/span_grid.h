#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "heads/span_marker.h"
#include "nn/packed_upload.h"

namespace gliner {

/// A sequence of a SpanGrid: which rows of the span ends are its words, which queries are its own.
struct GridSequence {
  std::int64_t first_row = 0;
  std::int64_t rows = 0;  ///< R > 0
  std::int64_t first_query = 0;
  std::int64_t queries = 0;         ///< Q > 0
  std::int64_t first_text_row = 0;  ///< Spans are found from this row of the sequence on.
};

/// Where a cell lies: numbers within its sequence, a width of 0 is one row.
struct GridCell {
  std::size_t sequence;
  std::int64_t query, row, width;
};

/// What a grid has room for, and what its products cost.
struct GridShape {
  std::int64_t max_width = 1;    ///< K; 1: the rows themselves.
  std::int64_t span_floats = 0;  ///< That a product has in memory for each row and width.
  std::int64_t cell_floats = 0;  ///< And for each cell.
  std::int64_t most_rows = 512;  ///< Of a sequence in one product; longer ones are cut.
};

/// The spans of a whole batch against the queries of their sequences, in products that a card runs well: a
/// cell for every sequence, query, first row and width, in this order, with padding between. Sequences that
/// follow each other share a product, padded to the largest of them; a long one is cut into several. Planned
/// on the host; nothing on the device is waited for. Plain tensor operations, so it runs on a CPU too.
class SpanGrid {
 public:
  /// Sequences of similar size side by side waste least. They may share queries; one whose queries are too
  /// many for a product is given in parts, each a sequence here.
  SpanGrid(const std::vector<GridSequence>& sequences, const GridShape& shape);

  /// Queries of one sequence that a product has room for, at least one.
  static std::int64_t most_queries(const GridShape& shape);

  std::int64_t cells() const { return cells_; }
  GridCell at(std::int64_t cell) const;
  std::int64_t cell(const GridCell& place) const;

  /// Cells from one query of a sequence to another of the same, all else equal. Where the sequence is cut
  /// they depend on the part; slots() has them per part.
  struct Slot {
    std::int64_t begin;  ///< First cell of one query in one part.
    std::int64_t step;   ///< Cells from there to the next query's.
    std::size_t sequence;
    std::int64_t query;  ///< -1: padding.
  };
  /// Every query of every part, by `begin`.
  std::vector<Slot> slots() const;

  /// Adds what the next two need; before the upload is sent.
  void prepare(PackedUpload& upload);

  /// One product, [items, queries, rows, K] cells from `begin` on: parts of sequences, padded with their own
  /// last rows and queries.
  struct Product {
    std::int64_t begin, items, queries, rows;
    at::Tensor row_index;    ///< [items * (rows + K - 1)] int32: what spans begin with and end in.
    at::Tensor query_index;  ///< [items * queries] int32
    std::int64_t cells(std::int64_t max_width) const { return items * queries * rows * max_width; }
  };
  /// All of them, by `begin`.
  std::vector<Product> products(const PackedUpload& upload) const;

  /// folded: [Q, C], bias: [Q] -> the logits of all cells, [cells]; those of padding mean nothing.
  at::Tensor logits(const SpanEnds& ends, const at::Tensor& folded, const at::Tensor& bias,
                    const PackedUpload& upload) const;

  /// The cells that are spans of the text and whose logit is at least their query's: [cells] bool. logits:
  /// [cells], not necessarily contiguous; least: [Q] float32.
  at::Tensor reached(const at::Tensor& logits, const at::Tensor& least, const PackedUpload& upload) const;

 private:
  // Rows [first, first + rows) of a sequence.
  struct Item {
    std::size_t sequence;
    std::int64_t first, rows;
  };
  // Items of one product: [items, queries, rows, K] cells.
  struct Block {
    std::vector<Item> items;
    std::int64_t queries = 0, rows = 0, begin = 0;
    PackedUpload::Handle row_index = 0, query_index = 0, limit = 0, first_text = 0;
  };
  std::int64_t cells_of(const Block& block) const;
  std::int64_t floats(std::int64_t items, std::int64_t rows, std::int64_t queries) const;
  bool shares_queries(const Block& block) const;

  std::vector<GridSequence> sequences_;
  GridShape shape_;
  std::int64_t cells_ = 0;
  std::vector<Block> blocks_;
  struct Place {
    std::size_t block;
    std::int64_t item;
  };
  std::vector<std::vector<Place>> parts_;  // Per sequence, by row
};

}  // namespace gliner
