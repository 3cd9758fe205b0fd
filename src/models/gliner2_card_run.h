#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <atomic>
#include <cstdint>
#include <optional>
#include <vector>

#include "heads/count_embedding.h"
#include "heads/range_pooling.h"
#include "heads/span_grid.h"
#include "models/gliner2_span.h"
#include "nn/packed_upload.h"

namespace gliner {

/// One forward pass of a Gliner2Span without a word between host and device on the way: token ids and all
/// indices go up in one copy, word vectors, counts, span scores and thresholds stay there, and what survives
/// comes back in one copy. For that, tasks are scored for as many instances as HeadRoom says before their
/// counts are known, and survivors fill a buffer of fixed size; where either was too small the heads alone
/// are run once more. Plain tensor operations: it runs on a CPU too, where Gliner2Run is its oracle. Lives
/// for one call.
class Gliner2CardRun {
 public:
  Gliner2CardRun(const Gliner2Modules& modules, const PackedBatch& batch, c10::Device device, HeadRoom& room);

  std::vector<SequenceOutput> outputs();

 private:
  using Handle = PackedUpload::Handle;

  // One TaskSlot with markers.
  struct Task {
    std::size_t sequence, slot;
    std::int64_t first_marker;  // Row of [P] in markers_; the labels follow.
    std::int64_t labels;
    std::int64_t instances = 0;    // Scored for so many.
    std::int64_t first_query = 0;  // Among those of its sequence
  };
  struct Query {
    std::size_t task;
    std::int64_t instance, label;
  };
  struct WordHandles {
    Handle ids = 0, markers = 0, prompts = 0, class_labels = 0;
  };
  struct HeadHandles {
    Handle start_rows = 0, states = 0, labels = 0;  // CountIndices
    Handle least = 0, task = 0, instance = 0;       // Per query
    Handle choices = 0;                             // Cells
    Handle slot_begin = 0, slot_attributes = 0;  // Per slot of the grid: first cell, cells to each attribute
  };
  // What came back.
  struct Survivors {
    std::int64_t total = 0;
    std::vector<std::int32_t> counts;  // Per span task
    std::vector<std::int32_t> cells;
    std::vector<float> logits;      // Of the cells
    std::vector<float> attributes;  // [cells, attributes_]
    std::vector<float> choices, classes;
  };

  void plan_words();
  void plan_rows();
  void plan_heads(PackedUpload& upload);
  void plan_queries();
  std::vector<std::int32_t> choice_cells() const;
  void plan_attributes(PackedUpload& upload);

  void encode();
  void score(const PackedUpload& upload);
  Survivors fetch(const PackedUpload& upload, std::int64_t capacity) const;
  at::Tensor attribute_logits(const at::Tensor& cells, const PackedUpload& upload) const;
  /// False if tasks have more instances than were scored; they are then known.
  bool has_all_instances(const Survivors& survivors);
  void decode(const Survivors& survivors);
  void decode_candidates(const Survivors& survivors);

  TaskOutput& output_of(const Task& task) { return outputs_[task.sequence].tasks[task.slot]; }
  const TaskSlot& slot_of(const Task& task) const { return batch_.sequences[task.sequence].tasks[task.slot]; }
  const Query& query_of(std::size_t grid_sequence, std::int64_t query) const {
    return queries_[first_query_[grid_sequence] + static_cast<std::size_t>(query)];
  }
  bool is_entities(const Task& task) const { return slot_of(task).kind == TaskKind::kEntities; }

  const Gliner2Modules& modules_;
  const PackedBatch& batch_;
  c10::Device device_;
  HeadRoom& room_;
  std::vector<SequenceOutput> outputs_;

  SequenceStart start_;
  std::vector<std::int64_t> first_row_;  // Per sequence, and R at the end
  std::vector<Task> span_tasks_, class_tasks_;
  PackedUpload word_upload_;
  std::optional<RangePooling> pooling_;  // Of the rows
  WordHandles words_at_;
  HeadHandles heads_at_;

  std::vector<Query> queries_;               // By sequence, task, instance, label
  std::vector<std::size_t> grid_sequences_;  // Sequence of each of the grid's
  std::vector<std::size_t> first_query_;     // Their first queries
  std::optional<CountSteps> steps_;
  std::optional<SpanGrid> grid_;
  std::int64_t attributes_ = 0;  // Of the task that has most

  at::Tensor rows_;              // [R, H]
  at::Tensor markers_;           // [M, H]
  at::Tensor counts_;            // [span tasks] int32
  at::Tensor class_logits_;      // [labels of all class tasks]
  at::Tensor logits_, reached_;  // [cells]
};

}  // namespace gliner
