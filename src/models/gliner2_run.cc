#include "models/gliner2_run.h"

#include <ATen/ATen.h>
#include <fmt/format.h>

#include "base/check.h"
#include "base/stage_timer.h"
#include "heads/pooling.h"
#include "heads/select.h"
#include "nn/index_tensor.h"
#include "prompt/read_tokens.h"

namespace gliner {
namespace {

// The rows `index` of a matrix.
at::Tensor rows_at(const at::Tensor& matrix, const std::vector<std::int64_t>& index) {
  return matrix.index_select(0, index_tensor(index, matrix.device()));
}

}  // namespace

Gliner2Run::Gliner2Run(const Gliner2Modules& modules, const PackedBatch& batch, const TraceSink& trace)
    : modules_(modules), batch_(batch), trace_(trace), outputs_(batch.sequences.size()) {
  for (std::size_t s = 0; s < batch.sequences.size(); ++s)
    outputs_[s].tasks.resize(batch.sequences[s].tasks.size());
}

std::vector<SequenceOutput> Gliner2Run::outputs() {
  encode();
  classify();
  count();
  score_spans();
  return std::move(outputs_);
}

void Gliner2Run::encode() {
  SequenceStart start = {0};
  first_row_ = {0};
  for (const PackedSequence& sequence : batch_.sequences) {
    GLINER_CHECK(sequence.token_begin == start.back());
    start.push_back(sequence.token_end);
    first_row_.push_back(first_row_.back() + static_cast<std::int64_t>(sequence.rows.size()));
  }
  GLINER_CHECK(start.back() == static_cast<std::int64_t>(batch_.ids.size()));
  std::vector<std::int64_t> read;  // A trace shows every token.
  const std::vector<bool> is_read = read_tokens(batch_);
  for (std::size_t t = 0; t < is_read.size(); ++t)
    if (is_read[t]) read.push_back(static_cast<std::int64_t>(t));
  const at::Tensor tokens =
      modules_.encoder->forward(batch_.ids, start, {{}, trace_ ? nullptr : &read});  // [T, H]
  emit("last_hidden_state", tokens);
  const StageTimer timer(Stage::kPooling);
  rows_ = pool_rows(tokens, batch_);  // [R, H]

  std::vector<std::int64_t> marker_rows;
  for (std::size_t s = 0; s < batch_.sequences.size(); ++s) {
    const PackedSequence& sequence = batch_.sequences[s];
    emit(fmt::format("sequence.{}.word_embeddings", s),
         rows_.narrow(0, first_row_[s], first_row_[s + 1] - first_row_[s]));
    for (std::size_t t = 0; t < sequence.tasks.size(); ++t) {
      const TaskSlot& slot = sequence.tasks[t];
      if (slot.markers.empty()) continue;
      const Task task{s, t, static_cast<std::int64_t>(marker_rows.size()),
                      static_cast<std::int64_t>(slot.markers.size()) - 1};
      for (const std::int32_t marker : slot.markers) {
        GLINER_CHECK(marker >= sequence.token_begin && marker < sequence.token_end);
        marker_rows.push_back(marker);
      }
      const bool has_rows = !sequence.rows.empty();
      if (slot.kind == TaskKind::kClassification)
        class_tasks_.push_back(task);
      else if (has_rows && task.labels > 0)  // The reference skips a text without words.
        span_tasks_.push_back(task);
    }
  }
  markers_ = rows_at(tokens, marker_rows);  // [M, H]
  if (trace_)
    for (const auto* tasks : {&span_tasks_, &class_tasks_})
      for (const Task& task : *tasks)
        emit(name_of(task) + ".embeddings", markers_.narrow(0, task.first_marker, 1 + task.labels));
}

void Gliner2Run::classify() {
  std::vector<std::int64_t> labels;
  for (const Task& task : class_tasks_)
    for (std::int64_t l = 0; l < task.labels; ++l) labels.push_back(task.first_marker + 1 + l);
  if (labels.empty()) return;
  const StageTimer timer(Stage::kClassifier);
  const at::Tensor logits = modules_.classifier->forward(rows_at(markers_, labels)).select(1, 0).cpu();
  const float* next = logits.data_ptr<float>();
  for (const Task& task : class_tasks_) {
    emit(name_of(task) + ".class_logits", at::from_blob(const_cast<float*>(next), {task.labels}, at::kFloat));
    output_of(task).class_logits.assign(next, next + task.labels);
    next += task.labels;
  }
}

void Gliner2Run::count() {
  if (span_tasks_.empty()) return;
  const StageTimer timer(Stage::kCount);
  std::vector<std::int64_t> prompts;
  for (const Task& task : span_tasks_) prompts.push_back(task.first_marker);
  const at::Tensor logits =
      modules_.count_head->forward(rows_at(markers_, prompts)).cpu();  // [tasks, kMaxCount]
  const at::Tensor counts = logits.argmax(1);
  for (std::size_t i = 0; i < span_tasks_.size(); ++i) {
    Task& task = span_tasks_[i];
    emit(name_of(task) + ".count_logits", logits[static_cast<std::int64_t>(i)]);
    const std::int64_t count = counts[static_cast<std::int64_t>(i)].item<std::int64_t>();
    output_of(task).count = static_cast<std::int32_t>(count);
    // Decoding looks at the first instance of entities only, and the instances do not see each other.
    task.instances = slot_of(task).kind == TaskKind::kEntities ? std::min<std::int64_t>(count, 1) : count;
  }
}

void Gliner2Run::score_spans() {
  std::vector<LabelGroup> groups;
  std::vector<RowRange> own(batch_.sequences.size());  // Queries of each sequence
  std::int64_t queries = 0;
  for (Task& task : span_tasks_) {  // Ordered by sequence, so that a sequence's queries are one range.
    if (task.instances == 0) continue;
    groups.push_back({task.first_marker + 1, task.labels, task.instances});
    RowRange& range = own[task.sequence];
    if (range.size() == 0) range.begin = queries;
    task.first_query = queries - range.begin;
    queries += task.instances * task.labels;
    range.end = queries;
  }
  if (groups.empty()) return;
  const at::Tensor vectors = timed(
      Stage::kSpanVectors, [&] { return modules_.count_embedding->forward(markers_, groups); });  // [Q, H]
  const std::vector<at::Tensor> logits = modules_.span_head->logits(
      {rows_, first_row_}, modules_.span_head->prepare(vectors, /*packed=*/false), own);
  for (const Task& task : span_tasks_) {
    if (task.instances == 0) continue;
    const at::Tensor scores = logits[task.sequence].narrow(
        0, task.first_query, task.instances * task.labels);  // [C * labels, R, K]
    emit(name_of(task) + ".span_logits",
         scores.view({task.instances, task.labels, scores.size(1), scores.size(2)}));
    const StageTimer timer(Stage::kSelect);
    select_spans(scores, batch_.sequences[task.sequence], slot_of(task), output_of(task));
  }
}

std::string Gliner2Run::name_of(const Task& task) const {
  return fmt::format("sequence.{}.task.{}", task.sequence, task.slot);
}

void Gliner2Run::emit(const std::string& name, const at::Tensor& value) const {
  if (!trace_) return;
  const at::Tensor plain = value.cpu().contiguous();
  trace_(name, plain.sizes().vec(), plain.data_ptr<float>());
}

}  // namespace gliner
