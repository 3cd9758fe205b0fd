#pragma once

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "heads/count_embedding.h"
#include "heads/span_grid.h"
#include "models/gliner2_span.h"
#include "nn/attention.h"
#include "nn/packed_upload.h"

namespace gliner {

// A pass of GLiNER2 on a card as a function of an upload and of what the host decided about it. Nothing else
// of the batch is known here: two batches with equal shapes take the same launches with the same sizes, so
// that a graph captured for one serves the other. Plain tensor operations but for the encoder's own kernels:
// it runs on a CPU too.

/// From token ids to words and markers.
struct WordShape {
  TokenPooling pooling = TokenPooling::kFirst;
  SequenceStart start;         ///< Empty: the upload alone knows it.
  std::int64_t longest = 0;    ///< No sequence is longer.
  std::int64_t tile_rows = 0;  ///< Encoder::card_tile_rows
  UploadHandle ids = 0, positions = 0, begins = 0, tiles = 0;
  UploadHandle row_begins = 0, row_tokens = 0;  ///< Row r is the tokens from row_tokens[row_begins[r]] on.
  UploadHandle markers = 0;
  UploadHandle prompts = 0, class_labels = 0;  ///< Markers
};

/// From words and markers to what goes back.
struct HeadShape {
  CountShape counts;
  std::int64_t tile_rows = 0;                           ///< CountEmbedding::card_tile_rows
  UploadHandle start_rows = 0, states = 0, labels = 0;  ///< CountIndices
  UploadHandle tiles = 0;                               ///< The same
  UploadHandle least = 0, task = 0, instance = 0;       ///< Per query
  UploadHandle choices = 0;                             ///< Cells
  UploadHandle slot_begin = 0,
               slot_attributes = 0;  ///< Per slot of the grid: first cell, cells to each attribute
  std::int64_t attributes = 0;       ///< Of the task that has most
  std::int64_t capacity = 0;         ///< Survivors that there is room for, if there are spans.
  SpanGridShape grid;                ///< Without blocks: no spans are scored.
};

/// What a text's words and markers are on the device.
struct EncodedWords {
  at::Tensor rows;          ///< [R, H]
  at::Tensor markers;       ///< [M, H]
  at::Tensor counts;        ///< [span tasks] int32
  at::Tensor class_logits;  ///< [labels of all class tasks]
};
EncodedWords encode_words(const Gliner2Modules& modules, const WordShape& shape, const Uploaded& upload);

/// All cells of the grid.
struct ScoredSpans {
  at::Tensor logits;   ///< [cells]
  at::Tensor reached;  ///< [cells] bool
};
ScoredSpans score_spans(const Gliner2Modules& modules, const HeadShape& shape, const Uploaded& upload,
                        const EncodedWords& words);

/// Everything that the host wants, as 32-bit words: how many cells reached their threshold, the counts, the
/// first `shape.capacity` of those cells, their logits, the choices' logits, the cells' attribute logits, the
/// class logits. Empty if there is nothing.
at::Tensor collect(const HeadShape& shape, const Uploaded& upload, const EncodedWords& words,
                   const ScoredSpans& spans);

/// A whole pass.
struct PassShape {
  UploadLayout layout;
  WordShape words;
  HeadShape heads;

  /// The numbers that tell shapes apart.
  std::vector<std::int64_t> key() const;
};

/// upload: [layout.words] int32 -> collect's.
at::Tensor run_pass(const Gliner2Modules& modules, const PassShape& shape, const at::Tensor& upload);

}  // namespace gliner
