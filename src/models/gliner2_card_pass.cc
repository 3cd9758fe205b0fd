#include "models/gliner2_card_pass.h"

#include <ATen/ATen.h>

#include <limits>

#include "base/check.h"
#include "base/stage_timer.h"
#include "heads/compaction.h"
#include "heads/range_pooling.h"
#include "models/packed_download.h"

namespace gliner {
namespace {

constexpr float kNever = std::numeric_limits<float>::infinity();

std::vector<std::int32_t> on_host(const at::Tensor& cpu_integers) {
  const auto* data = cpu_integers.data_ptr<std::int32_t>();
  return {data, data + cpu_integers.size(0)};
}

at::Tensor encode_tokens(const Gliner2Modules& modules, const WordShape& shape, const Uploaded& upload) {
  const at::Tensor ids = upload.integers(shape.ids);
  if (upload.device().is_cpu()) {  // There is no card to wait for.
    const std::vector<std::int32_t> begins = on_host(upload.integers(shape.begins));
    return modules.encoder->forward(TokenIds(on_host(ids)), SequenceStart(begins.begin(), begins.end()));
  }
  static const std::vector<std::int32_t> kOnCard;
  if (shape.tile_rows == 0) return modules.encoder->forward(TokenIds(kOnCard, ids), shape.start);
  TokenPlaces places;
  places.positions = upload.integers(shape.positions);
  places.attention.rows = shape.tile_rows;
  places.attention.tiles = upload.integers(shape.tiles);
  places.attention.begins = upload.integers(shape.begins);
  places.attention.longest = shape.longest;
  return modules.encoder->forward(TokenIds(kOnCard, ids, &places), shape.start);  // [T, H]
}

/// For each survivor the logits of its attributes: [cells, attributes].
at::Tensor attribute_logits(const HeadShape& shape, const Uploaded& upload, const at::Tensor& cells,
                            const at::Tensor& logits) {
  const at::Tensor begin = upload.integers(shape.slot_begin);
  const at::Tensor slot = at::searchsorted(begin, cells, /*out_int32=*/true, /*right=*/true).sub_(1);
  const at::Tensor away = upload.integers(shape.slot_attributes).view({-1, shape.attributes});
  const at::Tensor index = away.index_select(0, slot) + cells.unsqueeze(1);
  return logits.index_select(0, index.view({-1}));
}

}  // namespace

EncodedWords encode_words(const Gliner2Modules& modules, const WordShape& shape, const Uploaded& upload) {
  const at::Tensor tokens = encode_tokens(modules, shape, upload);  // [T, H]
  const StageTimer timer(Stage::kPooling);
  EncodedWords words;
  words.rows =
      pool_lists(tokens, upload.integers(shape.row_begins), upload.integers(shape.row_tokens), shape.pooling);
  words.markers = tokens.index_select(0, upload.integers(shape.markers));
  const auto markers = [&](UploadHandle handle) {
    return words.markers.index_select(0, upload.integers(handle));
  };
  if (upload.size(shape.class_labels) > 0)
    words.class_logits = modules.classifier->forward(markers(shape.class_labels)).select(1, 0);
  if (upload.size(shape.prompts) > 0)
    words.counts = modules.count_head->forward(markers(shape.prompts)).argmax(1).to(at::kInt);
  return words;
}

ScoredSpans score_spans(const Gliner2Modules& modules, const HeadShape& shape, const Uploaded& upload,
                        const EncodedWords& words) {
  if (shape.grid.blocks.empty()) return {};
  CountIndices indices{
      upload.integers(shape.start_rows), upload.integers(shape.states), upload.integers(shape.labels), {}};
  if (shape.tile_rows > 0) {
    indices.tiles.rows = shape.tile_rows;
    indices.tiles.tiles = upload.integers(shape.tiles);
  }
  const at::Tensor vectors = timed(Stage::kSpanVectors, [&] {
    return modules.count_embedding->forward(words.markers, shape.counts, indices);
  });  // [Q, H]
  const StageTimer timer(Stage::kSpanScores);
  const SpanQueries queries = modules.span_head->prepare(vectors, /*packed=*/false);
  ScoredSpans spans;
  spans.logits =
      shape.grid.logits(modules.span_head->ends({words.rows, {}}), queries.folded, queries.bias, upload);
  const at::Tensor exists =
      upload.integers(shape.instance).lt(words.counts.index_select(0, upload.integers(shape.task)));
  const at::Tensor least = upload.floats(shape.least);
  spans.reached = shape.grid.reached(
      spans.logits, at::where(exists, least, at::full({1}, kNever, least.options())), upload);
  return spans;
}

at::Tensor collect(const HeadShape& shape, const Uploaded& upload, const EncodedWords& words,
                   const ScoredSpans& spans) {
  const StageTimer timer(Stage::kSelect);
  std::vector<at::Tensor> parts;
  if (spans.logits.defined()) {
    const Compacted cells = compact(spans.reached, shape.capacity);
    const at::Tensor choices = spans.logits.index_select(0, upload.integers(shape.choices));
    parts = {cells.total, words.counts, cells.index, bits_of(spans.logits.index_select(0, cells.index)),
             bits_of(choices)};
    if (shape.attributes > 0)
      parts.push_back(bits_of(attribute_logits(shape, upload, cells.index, spans.logits)));
  }
  if (words.class_logits.defined()) parts.push_back(bits_of(words.class_logits));
  return parts.empty() ? at::empty({0}, at::TensorOptions().dtype(at::kInt).device(upload.device()))
                       : at::cat(parts);
}

std::vector<std::int64_t> PassShape::key() const {
  std::vector<std::int64_t> key;
  const auto add = [&key](const std::vector<std::int64_t>& numbers) {
    key.push_back(static_cast<std::int64_t>(numbers.size()));
    key.insert(key.end(), numbers.begin(), numbers.end());
  };
  for (const UploadLayout::Part& part : layout.parts) key.push_back(part.size);
  add(words.start);
  add(heads.counts.active);
  add(heads.counts.instance_start);
  for (const SpanGridShape::Block& block : heads.grid.blocks)
    add({block.items, block.queries, block.rows, block.shared_query});
  add({static_cast<std::int64_t>(words.pooling), words.longest, words.tile_rows, heads.tile_rows,
       heads.attributes, heads.capacity, heads.grid.max_width});
  return key;
}

at::Tensor run_pass(const Gliner2Modules& modules, const PassShape& shape, const at::Tensor& upload) {
  GLINER_CHECK(upload.size(0) == shape.layout.words);
  const Uploaded uploaded(shape.layout, upload);
  const EncodedWords words = encode_words(modules, shape.words, uploaded);
  return collect(shape.heads, uploaded, words, score_spans(modules, shape.heads, uploaded, words));
}

}  // namespace gliner
