#pragma once

#include <ATen/core/Tensor.h>

#include <vector>

#include "models/gliner2_span.h"

namespace gliner {

/// One forward pass of a Gliner2Span: what the steps leave for each other. Lives for one call.
class Gliner2Run {
 public:
  Gliner2Run(const Gliner2Modules& modules, const PackedBatch& batch, const TraceSink& trace);

  /// All steps: encode, pool, classify, count, score, select.
  std::vector<SequenceOutput> outputs();

 private:
  // One TaskSlot that the heads work on.
  struct Task {
    std::size_t sequence, slot;
    std::int64_t first_marker;  // Row of [P] in markers_; the labels follow.
    std::int64_t labels;
    std::int64_t first_query = 0;  // Filled once the counts are known, for tasks that are extracted.
    std::int64_t instances = 0;
  };

  void encode();
  void classify();
  void count();
  void score_spans();

  TaskOutput& output_of(const Task& task) { return outputs_[task.sequence].tasks[task.slot]; }
  const TaskSlot& slot_of(const Task& task) const { return batch_.sequences[task.sequence].tasks[task.slot]; }
  std::string name_of(const Task& task) const;
  void emit(const std::string& name, const at::Tensor& value) const;

  const Gliner2Modules& modules_;
  const PackedBatch& batch_;
  const TraceSink& trace_;
  std::vector<SequenceOutput> outputs_;
  at::Tensor rows_;                      // [R, H] scored rows of all sequences
  std::vector<std::int64_t> first_row_;  // Per sequence, and R at the end
  at::Tensor markers_;                   // [M, H] marker states of all tasks
  std::vector<Task> span_tasks_, class_tasks_;
};

}  // namespace gliner
