#include "models/gliner2_card_run.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "base/check.h"
#include "base/stage_timer.h"
#include "heads/compaction.h"
#include "heads/select.h"
#include "models/packed_download.h"

namespace gliner {
namespace {

constexpr float kNever = std::numeric_limits<float>::infinity();

std::int32_t narrow(std::int64_t value) { return static_cast<std::int32_t>(value); }

}  // namespace

Gliner2CardRun::Gliner2CardRun(const Gliner2Modules& modules, const PackedBatch& batch, c10::Device device,
                               HeadRoom& room)
    : modules_(modules), batch_(batch), device_(device), room_(room), outputs_(batch.sequences.size()) {
  for (std::size_t s = 0; s < batch.sequences.size(); ++s)
    outputs_[s].tasks.resize(batch.sequences[s].tasks.size());
}

std::vector<SequenceOutput> Gliner2CardRun::outputs() {
  if (batch_.ids.empty()) return std::move(outputs_);
  plan_words();
  for (Task& task : span_tasks_) task.instances = is_entities(task) ? 1 : room_.instances.load();
  plan_heads(word_upload_);
  word_upload_.send(device_);
  encode();
  score(word_upload_);
  std::int64_t capacity = first_capacity(first_row_.back());
  Survivors survivors = fetch(word_upload_, capacity);
  PackedUpload second;
  const bool again = !has_all_instances(survivors);
  if (again) {
    plan_heads(second);
    second.send(device_);
    score(second);
    survivors = fetch(second, capacity);
  }
  if (survivors.total > capacity) survivors = fetch(again ? second : word_upload_, survivors.total);
  decode(survivors);
  return std::move(outputs_);
}

void Gliner2CardRun::plan_words() {
  start_ = {0};
  first_row_ = {0};
  std::vector<std::int32_t> markers, prompts, class_labels;
  for (std::size_t s = 0; s < batch_.sequences.size(); ++s) {
    const PackedSequence& sequence = batch_.sequences[s];
    GLINER_CHECK(sequence.token_begin == start_.back());
    start_.push_back(sequence.token_end);
    first_row_.push_back(first_row_.back() + static_cast<std::int64_t>(sequence.rows.size()));
    for (std::size_t t = 0; t < sequence.tasks.size(); ++t) {
      const TaskSlot& slot = sequence.tasks[t];
      if (slot.markers.empty()) continue;
      const auto first = static_cast<std::int64_t>(markers.size());
      const Task task{s, t, first, static_cast<std::int64_t>(slot.markers.size()) - 1};
      for (const std::int32_t marker : slot.markers) {
        GLINER_CHECK(marker >= sequence.token_begin && marker < sequence.token_end);
        markers.push_back(marker);
      }
      if (slot.kind == TaskKind::kClassification) {
        class_tasks_.push_back(task);
        for (std::int64_t l = 0; l < task.labels; ++l) class_labels.push_back(narrow(first + 1 + l));
      } else if (!sequence.rows.empty() && task.labels > 0) {  // The reference skips a text without words.
        GLINER_CHECK(slot.thresholds.size() + 1 == slot.markers.size() &&
                     static_cast<std::size_t>(slot.choice_rows) <= sequence.rows.size());
        span_tasks_.push_back(task);
        prompts.push_back(narrow(first));
        attributes_ = std::max(attributes_, static_cast<std::int64_t>(slot.attribute_labels.size()));
      }
    }
  }
  GLINER_CHECK(start_.back() == static_cast<std::int64_t>(batch_.ids.size()));
  words_at_.ids = word_upload_.add(batch_.ids);
  plan_rows();
  words_at_.markers = word_upload_.add(markers);
  words_at_.prompts = word_upload_.add(prompts);
  words_at_.class_labels = word_upload_.add(class_labels);
}

void Gliner2CardRun::plan_rows() {
  pooling_.emplace(batch_.pooling, start_.back());
  for (const PackedSequence& sequence : batch_.sequences)
    for (const TokenRange& range : sequence.rows) {
      GLINER_CHECK(range.begin >= sequence.token_begin && range.begin <= range.end &&
                   range.end <= sequence.token_end);
      // A word without sub-tokens takes the token that follows it, if its sequence has one.
      pooling_->add({range.begin, std::max(range.begin + 1, range.end)}, sequence.token_end);
    }
  pooling_->prepare(word_upload_);
}

void Gliner2CardRun::plan_queries() {
  queries_.clear();
  grid_sequences_.clear();
  first_query_.clear();
  std::vector<GridSequence> sequences;
  std::vector<LabelGroup> groups;
  for (std::size_t i = 0; i < span_tasks_.size(); ++i) {  // Ordered by sequence.
    Task& task = span_tasks_[i];
    if (grid_sequences_.empty() || grid_sequences_.back() != task.sequence) {
      const PackedSequence& sequence = batch_.sequences[task.sequence];
      grid_sequences_.push_back(task.sequence);
      first_query_.push_back(queries_.size());
      sequences.push_back({first_row_[task.sequence], static_cast<std::int64_t>(sequence.rows.size()),
                           static_cast<std::int64_t>(queries_.size()), 0, sequence.first_text_row});
    }
    groups.push_back({task.first_marker + 1, task.labels, task.instances});
    task.first_query = sequences.back().queries;
    sequences.back().queries += task.instances * task.labels;
    for (std::int64_t instance = 0; instance < task.instances; ++instance)
      for (std::int64_t label = 0; label < task.labels; ++label) queries_.push_back({i, instance, label});
  }
  steps_.emplace(groups);
  grid_.emplace(sequences, GridShape{modules_.span_head->max_width(), modules_.span_head->inner()});
}

void Gliner2CardRun::plan_heads(PackedUpload& upload) {
  plan_queries();
  heads_at_.start_rows = upload.add(steps_->start_rows);
  heads_at_.states = upload.add(steps_->states);
  heads_at_.labels = upload.add(steps_->labels);
  std::vector<float> least;
  std::vector<std::int32_t> tasks, instances;
  for (const Query& query : queries_) {
    const Task& task = span_tasks_[query.task];
    const float threshold = slot_of(task).thresholds[static_cast<std::size_t>(query.label)];
    least.push_back(std::isnan(threshold) ? kNever : least_logit(threshold));
    tasks.push_back(narrow(static_cast<std::int64_t>(query.task)));
    instances.push_back(narrow(query.instance));
  }
  heads_at_.least = upload.add(least);
  heads_at_.task = upload.add(tasks);
  heads_at_.instance = upload.add(instances);
  heads_at_.choices = upload.add(choice_cells());
  plan_attributes(upload);
  grid_->prepare(upload);
}

/// Cells of the declared choices, by task, instance, label and row.
std::vector<std::int32_t> Gliner2CardRun::choice_cells() const {
  std::vector<std::int32_t> cells;
  std::size_t sequence = 0;  // Of the grid
  for (const Task& task : span_tasks_) {
    while (grid_sequences_[sequence] != task.sequence) ++sequence;
    for (std::int64_t query = 0; query < task.instances * task.labels; ++query)
      for (std::int64_t row = 0; row < slot_of(task).choice_rows; ++row)
        cells.push_back(narrow(grid_->cell({sequence, task.first_query + query, row, 0})));
  }
  return cells;
}

/// For each query of each part of the grid: how many cells away its attributes' logits are.
void Gliner2CardRun::plan_attributes(PackedUpload& upload) {
  if (attributes_ == 0) return;
  std::vector<std::int32_t> begin, away;
  for (const SpanGrid::Slot& slot : grid_->slots()) {
    begin.push_back(narrow(slot.begin));
    const std::size_t kept = away.size() + static_cast<std::size_t>(attributes_);
    if (slot.query >= 0) {
      const Query& query = query_of(slot.sequence, slot.query);
      for (const std::int32_t label : slot_of(span_tasks_[query.task]).attribute_labels)
        away.push_back(narrow((label - query.label) * slot.step));
    }
    away.resize(kept, 0);
  }
  heads_at_.slot_begin = upload.add(begin);
  heads_at_.slot_attributes = upload.add(away);
}

void Gliner2CardRun::encode() {
  const TokenIds ids(batch_.ids, word_upload_.integers(words_at_.ids));
  const at::Tensor tokens = modules_.encoder->forward(ids, start_);  // [T, H]
  const StageTimer timer(Stage::kPooling);
  rows_ = pooling_->forward(tokens, word_upload_);                              // [R, H]
  markers_ = tokens.index_select(0, word_upload_.integers(words_at_.markers));  // [M, H]
  if (!class_tasks_.empty())
    class_logits_ =
        modules_.classifier->forward(markers_.index_select(0, word_upload_.integers(words_at_.class_labels)))
            .select(1, 0);
  if (!span_tasks_.empty())
    counts_ = modules_.count_head->forward(markers_.index_select(0, word_upload_.integers(words_at_.prompts)))
                  .argmax(1)
                  .to(at::kInt);
}

void Gliner2CardRun::score(const PackedUpload& upload) {
  if (queries_.empty()) return;
  const at::Tensor vectors = timed(Stage::kSpanVectors, [&] {
    return modules_.count_embedding->forward(
        markers_, *steps_,
        {upload.integers(heads_at_.start_rows), upload.integers(heads_at_.states),
         upload.integers(heads_at_.labels)});
  });  // [Q, H]
  const StageTimer timer(Stage::kSpanScores);
  const SpanQueries queries = modules_.span_head->prepare(vectors, /*packed=*/false);
  logits_ =
      grid_->logits(modules_.span_head->ends({rows_, first_row_}), queries.folded, queries.bias, upload);
  const at::Tensor exists =
      upload.integers(heads_at_.instance).lt(counts_.index_select(0, upload.integers(heads_at_.task)));
  const at::Tensor least = upload.floats(heads_at_.least);
  reached_ =
      grid_->reached(logits_, at::where(exists, least, at::full({1}, kNever, least.options())), upload);
}

Gliner2CardRun::Survivors Gliner2CardRun::fetch(const PackedUpload& upload, std::int64_t capacity) const {
  const StageTimer timer(Stage::kSelect);
  const std::int64_t kept = queries_.empty() ? 0 : std::min(capacity, grid_->cells());
  Survivors survivors;
  if (kept == 0 && !class_logits_.defined()) return survivors;
  PackedDownload download;
  Handle total = 0, counts = 0, cells = 0, logits = 0, choices = 0, attributes = 0, classes = 0;
  if (kept > 0) {
    const Compacted compacted = compact(reached_, kept);
    total = download.add(compacted.total);
    counts = download.add(counts_);
    cells = download.add(compacted.index);
    logits = download.add(logits_.index_select(0, compacted.index));
    choices = download.add(logits_.index_select(0, upload.integers(heads_at_.choices)));
    if (attributes_ > 0) attributes = download.add(attribute_logits(compacted.index, upload));
  }
  if (class_logits_.defined()) classes = download.add(class_logits_);
  download.fetch(device_);
  if (kept > 0) {
    survivors.total = download.integers(total).front();
    survivors.counts = download.integers(counts);
    survivors.cells = download.integers(cells);
    survivors.cells.resize(static_cast<std::size_t>(std::min(survivors.total, kept)));
    survivors.logits = download.floats(logits);
    survivors.choices = download.floats(choices);
    if (attributes_ > 0) survivors.attributes = download.floats(attributes);
  }
  if (class_logits_.defined()) survivors.classes = download.floats(classes);
  return survivors;
}

at::Tensor Gliner2CardRun::attribute_logits(const at::Tensor& cells, const PackedUpload& upload) const {
  const at::Tensor begin = upload.integers(heads_at_.slot_begin);
  const at::Tensor slot = at::searchsorted(begin, cells, /*out_int32=*/true, /*right=*/true).sub_(1);
  const at::Tensor away = upload.integers(heads_at_.slot_attributes).view({-1, attributes_});
  const at::Tensor index = away.index_select(0, slot) + cells.unsqueeze(1);  // [cells, attributes]
  return logits_.index_select(0, index.view({-1}));
}

bool Gliner2CardRun::has_all_instances(const Survivors& survivors) {
  if (survivors.counts.empty()) return true;
  bool all = true;
  std::int64_t most = room_.instances;
  for (std::size_t i = 0; i < span_tasks_.size(); ++i) {
    Task& task = span_tasks_[i];
    if (is_entities(task)) continue;  // Decoding looks at the first instance only.
    if (survivors.counts[i] <= task.instances) continue;
    task.instances = survivors.counts[i];
    most = std::max(most, task.instances);
    all = false;
  }
  room_.instances = most;
  return all;
}

void Gliner2CardRun::decode(const Survivors& survivors) {
  std::size_t next_class = 0;
  for (const Task& task : class_tasks_) {
    const auto begin = survivors.classes.begin() + static_cast<std::ptrdiff_t>(next_class);
    output_of(task).class_logits.assign(begin, begin + task.labels);
    next_class += static_cast<std::size_t>(task.labels);
  }
  if (span_tasks_.empty()) return;
  decode_candidates(survivors);
  std::size_t next_choice = 0;
  for (std::size_t i = 0; i < span_tasks_.size(); ++i) {
    const Task& task = span_tasks_[i];
    TaskOutput& output = output_of(task);
    output.count = survivors.counts[i];
    const std::int64_t instances = std::min<std::int64_t>(output.count, task.instances);
    const std::int64_t of_instance = task.labels * slot_of(task).choice_rows;
    for (std::int64_t c = 0; c < instances * of_instance; ++c)
      output.choice_scores.push_back(sigmoid(survivors.choices[next_choice + static_cast<std::size_t>(c)]));
    next_choice += static_cast<std::size_t>(task.instances * of_instance);
  }
}

/// The device let through what comes near a threshold; the score decides here, computed as Gliner2Run does.
void Gliner2CardRun::decode_candidates(const Survivors& survivors) {
  std::vector<std::size_t> order(survivors.cells.size());
  std::vector<GridCell> places;
  std::vector<const Query*> queries;
  for (std::size_t i = 0; i < survivors.cells.size(); ++i) {
    order[i] = i;
    places.push_back(grid_->at(survivors.cells[i]));
    queries.push_back(&query_of(places.back().sequence, places.back().query));
  }
  // The order of cells but where a long sequence was cut.
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return std::tie(places[a].sequence, places[a].query, places[a].row, places[a].width) <
           std::tie(places[b].sequence, places[b].query, places[b].row, places[b].width);
  });
  for (const std::size_t i : order) {
    const Query& query = *queries[i];
    const Task& task = span_tasks_[query.task];
    const TaskSlot& slot = slot_of(task);
    const float score = sigmoid(survivors.logits[i]);
    if (!(score >= slot.thresholds[static_cast<std::size_t>(query.label)])) continue;
    TaskOutput& output = output_of(task);
    const std::int32_t first_text_row = batch_.sequences[task.sequence].first_text_row;
    output.candidates.push_back({narrow(query.instance), narrow(query.label),
                                 narrow(places[i].row) - first_text_row, narrow(places[i].width), score});
    for (std::size_t a = 0; a < slot.attribute_labels.size(); ++a)
      output.attribute_logits.push_back(survivors.attributes[i * static_cast<std::size_t>(attributes_) + a]);
  }
}

}  // namespace gliner
