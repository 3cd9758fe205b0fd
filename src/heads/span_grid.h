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
struct GridLimits {
  std::int64_t max_width = 1;    ///< K; 1: the rows themselves.
  std::int64_t span_floats = 0;  ///< That a product has in memory for each row and width.
  std::int64_t cell_floats = 0;  ///< And for each cell.
  std::int64_t most_rows = 512;  ///< Of a sequence in one product; longer ones are cut.
  std::int64_t row_step = 1;     ///< The rows of a product are a multiple of it.
};

/// What the host decides about the products of a SpanGrid: all that they depend on beside what was uploaded.
struct SpanGridShape {
  /// A product: [items, queries, rows, K] cells.
  struct Block {
    std::int64_t items = 0, queries = 0, rows = 0;
    std::int64_t begin = 0;          ///< Its first cell.
    std::int64_t shared_query = -1;  ///< The first query of all its items where they share theirs.
    UploadHandle row_index = 0, query_index = 0, limit = 0, first_text = 0;
  };
  std::int64_t max_width = 0;
  std::int64_t cells = 0;
  std::vector<Block> blocks;

  std::int64_t cells_of(const Block& block) const {
    return block.items * block.queries * block.rows * max_width;
  }

  /// folded: [Q, C], bias: [Q] -> the logits of all cells, [cells]; those of padding mean nothing.
  at::Tensor logits(const SpanEnds& ends, const at::Tensor& folded, const at::Tensor& bias,
                    const Uploaded& upload) const;

  /// The cells that are spans of the text and whose logit is at least their query's: [cells] bool. logits:
  /// [cells], not necessarily contiguous; least: [Q] float32.
  at::Tensor reached(const at::Tensor& logits, const at::Tensor& least, const Uploaded& upload) const;
};

/// The spans of a whole batch against the queries of their sequences, in products that a card runs well: a
/// cell for every sequence, query, first row and width, in this order, with padding between. Sequences that
/// follow each other share a product, padded to the largest of them; a long one is cut into several. Planned
/// on the host; nothing on the device is waited for. Plain tensor operations, so it runs on a CPU too.
class SpanGrid {
 public:
  /// Sequences of similar size side by side waste least. They may share queries; one whose queries are too
  /// many for a product is given in parts, each a sequence here.
  SpanGrid(const std::vector<GridSequence>& sequences, const GridLimits& limits);

  /// Queries of one sequence that a product has room for, at least one.
  static std::int64_t most_queries(const GridLimits& limits);

  std::int64_t cells() const { return shape_.cells; }
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

  /// Adds what the shape's products need of the batch.
  void prepare(PackedUpload& upload);

  /// After prepare().
  const SpanGridShape& shape() const { return shape_; }

 private:
  // Rows [first, first + rows) of a sequence.
  struct Item {
    std::size_t sequence;
    std::int64_t first, rows;
  };
  std::int64_t floats(std::int64_t items, std::int64_t rows, std::int64_t queries) const;
  std::int64_t shared_query(const std::vector<Item>& items) const;

  std::vector<GridSequence> sequences_;
  GridLimits limits_;
  SpanGridShape shape_;
  std::vector<std::vector<Item>> items_;  // Per block
  struct Place {
    std::size_t block;
    std::int64_t item;
  };
  std::vector<std::vector<Place>> parts_;  // Per sequence, by row
};

}  // namespace gliner
