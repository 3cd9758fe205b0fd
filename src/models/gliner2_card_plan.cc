#include "models/gliner2_card_plan.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <tuple>

#include "base/check.h"
#include "heads/compaction.h"
#include "heads/select.h"

namespace gliner {
namespace {

constexpr float kNever = std::numeric_limits<float>::infinity();

// Steps of a bucket. Rows of spans cost an eighth of what tokens cost.
constexpr std::int64_t kRowStep = 32;
constexpr std::int64_t kPooledStep = 32;
std::int64_t token_step(std::int64_t tokens) { return tokens <= 256 ? 32 : 64; }

std::int64_t round_up(std::int64_t n, std::int64_t step) { return (n + step - 1) / step * step; }

std::int32_t narrow(std::int64_t value) { return static_cast<std::int32_t>(value); }

/// Reads one part of what came back after the other.
class Parts {
 public:
  Parts(const std::int32_t* words, std::int64_t count) : next_(words), left_(count) {}

  std::vector<std::int32_t> integers(std::int64_t count) {
    const std::int32_t* const begin = take(count);
    return {begin, begin + count};
  }
  std::vector<float> floats(std::int64_t count) {
    const std::int32_t* const begin = take(count);
    std::vector<float> values(static_cast<std::size_t>(count));
    if (count > 0) std::memcpy(values.data(), begin, values.size() * sizeof(float));
    return values;
  }
  bool at_end() const { return left_ == 0; }

 private:
  const std::int32_t* take(std::int64_t count) {
    GLINER_CHECK(count <= left_);
    const std::int32_t* const begin = next_;
    next_ += count;
    left_ -= count;
    return begin;
  }

  const std::int32_t* next_;
  std::int64_t left_;
};

}  // namespace

PackedBatch pad_to_bucket(const PackedBatch& batch) {
  PackedBatch padded = batch;
  const auto tokens = static_cast<std::int64_t>(batch.ids.size());
  std::int64_t rows = 0;
  for (const PackedSequence& sequence : batch.sequences)
    rows += static_cast<std::int64_t>(sequence.rows.size());
  // At least one of each: the last row takes what else has to be brought up.
  const std::int64_t more_tokens = round_up(tokens + 1, token_step(tokens + 1)) - tokens;
  const std::int64_t more_rows = round_up(rows + 1, kRowStep) - rows;
  padded.ids.resize(static_cast<std::size_t>(tokens + more_tokens), 0);
  PackedSequence padding;
  padding.token_begin = narrow(tokens);
  padding.token_end = narrow(tokens + more_tokens);
  for (std::int64_t r = 0; r < more_rows; ++r) {
    const std::int32_t token = narrow(tokens + std::min(r, more_tokens - 1));
    padding.rows.push_back({token, token + 1});
  }
  padded.sequences.push_back(std::move(padding));
  return padded;
}

Gliner2CardPlan::Gliner2CardPlan(const Gliner2Modules& modules, const PackedBatch& batch, Form form,
                                 std::int64_t instances)
    : modules_(modules), batch_(batch), form_(form) {
  plan_words();
  for (Task& task : span_tasks_) task.instances = is_entities(task) ? 1 : instances;
  plan_heads(upload_);
  if (grid_) heads_.capacity = std::min(first_capacity(first_row_.back()), grid_->cells());
}

void Gliner2CardPlan::plan_words() {
  SequenceStart start = {0};
  first_row_ = {0};
  std::vector<std::int32_t> markers, prompts, class_labels;
  for (std::size_t s = 0; s < batch_.sequences.size(); ++s) {
    const PackedSequence& sequence = batch_.sequences[s];
    GLINER_CHECK(sequence.token_begin == start.back());
    start.push_back(sequence.token_end);
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
        heads_.attributes =
            std::max(heads_.attributes, static_cast<std::int64_t>(slot.attribute_labels.size()));
      }
    }
  }
  GLINER_CHECK(start.back() == static_cast<std::int64_t>(batch_.ids.size()));
  for (const std::int32_t id : batch_.ids) GLINER_CHECK(id >= 0 && id < modules_.encoder->known_ids());
  words_.pooling = batch_.pooling;
  words_.ids = upload_.add(batch_.ids);
  plan_places(start);
  plan_rows();
  class_labels_ = static_cast<std::int64_t>(class_labels.size());
  words_.markers = upload_.add(markers);
  words_.prompts = upload_.add(prompts);
  words_.class_labels = upload_.add(class_labels);
}

/// Where the sequences lie, as attention wants it.
void Gliner2CardPlan::plan_places(const SequenceStart& start) {
  words_.tile_rows = modules_.encoder->card_tile_rows();
  std::vector<std::int32_t> tiles;
  if (words_.tile_rows > 0) tiles = attention_tiles(start, words_.tile_rows);
  if (form_ == Form::kBucket) {
    GLINER_CHECK(words_.tile_rows > 0);
    words_.longest = start.back();
    // As many as sequences of these tokens can have. Those behind have no length: nothing is done for them.
    const auto sequences = static_cast<std::int64_t>(start.size()) - 1;
    tiles.resize(static_cast<std::size_t>(4 * (start.back() / words_.tile_rows + sequences)), 0);
  } else {
    words_.start = start;
    for (std::size_t b = 0; b + 1 < start.size(); ++b)
      words_.longest = std::max(words_.longest, start[b + 1] - start[b]);
  }
  words_.positions = upload_.add(modules_.encoder->positions(batch_.ids, start));
  words_.begins = upload_.add(std::vector<std::int32_t>(start.begin(), start.end()));
  words_.tiles = upload_.add(tiles);
}

/// The tokens that each row is pooled from; none: its vector is zero.
void Gliner2CardPlan::plan_rows() {
  std::vector<std::int32_t> begins, tokens;
  for (const PackedSequence& sequence : batch_.sequences)
    for (const TokenRange& range : sequence.rows) {
      GLINER_CHECK(range.begin >= sequence.token_begin && range.begin <= range.end &&
                   range.end <= sequence.token_end);
      begins.push_back(narrow(static_cast<std::int64_t>(tokens.size())));
      // A word without sub-tokens takes the token that follows it, if its sequence has one.
      if (range.begin >= sequence.token_end) continue;
      tokens.push_back(range.begin);
      if (batch_.pooling == TokenPooling::kFirst) continue;
      for (std::int32_t token = range.begin + 1; token < range.end; ++token) tokens.push_back(token);
    }
  if (form_ == Form::kBucket)  // The last row is padding.
    tokens.resize(static_cast<std::size_t>(round_up(static_cast<std::int64_t>(tokens.size()), kPooledStep)),
                  narrow(static_cast<std::int64_t>(batch_.ids.size()) - 1));
  words_.row_begins = upload_.add(begins);
  words_.row_tokens = upload_.add(tokens);
}

void Gliner2CardPlan::plan_queries() {
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
  GridLimits limits;
  limits.max_width = modules_.span_head->max_width();
  limits.span_floats = modules_.span_head->inner();
  if (form_ == Form::kBucket) limits.row_step = kRowStep;
  grid_.emplace(sequences, limits);
}

void Gliner2CardPlan::plan_heads(PackedUpload& upload) {
  plan_queries();
  heads_.counts = steps_->shape;
  heads_.start_rows = upload.add(steps_->start_rows);
  heads_.states = upload.add(steps_->states);
  heads_.labels = upload.add(steps_->labels);
  heads_.tile_rows = modules_.count_embedding->card_tile_rows();
  heads_.tiles =
      upload.add(heads_.tile_rows > 0 ? attention_tiles(heads_.counts.instance_start, heads_.tile_rows)
                                      : std::vector<std::int32_t>());
  std::vector<float> least;
  std::vector<std::int32_t> tasks, instances;
  for (const Query& query : queries_) {
    const Task& task = span_tasks_[query.task];
    const float threshold = slot_of(task).thresholds[static_cast<std::size_t>(query.label)];
    least.push_back(std::isnan(threshold) ? kNever : least_logit(threshold));
    tasks.push_back(narrow(static_cast<std::int64_t>(query.task)));
    instances.push_back(narrow(query.instance));
  }
  heads_.least = upload.add(least);
  heads_.task = upload.add(tasks);
  heads_.instance = upload.add(instances);
  const std::vector<std::int32_t> choices = choice_cells();
  choices_ = static_cast<std::int64_t>(choices.size());
  heads_.choices = upload.add(choices);
  plan_attributes(upload);
  grid_->prepare(upload);
  heads_.grid = grid_->shape();
}

PackedUpload Gliner2CardPlan::replan_heads() {
  PackedUpload upload;
  plan_heads(upload);
  heads_.capacity = std::min(first_capacity(first_row_.back()), grid_->cells());
  return upload;
}

/// Cells of the declared choices, by task, instance, label and row.
std::vector<std::int32_t> Gliner2CardPlan::choice_cells() const {
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
void Gliner2CardPlan::plan_attributes(PackedUpload& upload) {
  std::vector<std::int32_t> begin, away;
  if (heads_.attributes > 0)
    for (const SpanGrid::Slot& slot : grid_->slots()) {
      begin.push_back(narrow(slot.begin));
      const std::size_t kept = away.size() + static_cast<std::size_t>(heads_.attributes);
      if (slot.query >= 0) {
        const Query& query = query_of(slot.sequence, slot.query);
        for (const std::int32_t label : slot_of(span_tasks_[query.task]).attribute_labels)
          away.push_back(narrow((label - query.label) * slot.step));
      }
      away.resize(kept, 0);
    }
  heads_.slot_begin = upload.add(begin);
  heads_.slot_attributes = upload.add(away);
}

Survivors Gliner2CardPlan::read(const std::int32_t* words, std::int64_t count) const {
  Survivors survivors;
  Parts parts(words, count);
  if (!span_tasks_.empty()) {
    const std::int64_t kept = heads_.capacity;
    survivors.total = parts.integers(1).front();
    survivors.counts = parts.integers(static_cast<std::int64_t>(span_tasks_.size()));
    survivors.cells = parts.integers(kept);
    survivors.cells.resize(static_cast<std::size_t>(std::min(survivors.total, kept)));
    survivors.logits = parts.floats(kept);
    survivors.choices = parts.floats(choices_);
    survivors.attributes = parts.floats(kept * heads_.attributes);
  }
  survivors.classes = parts.floats(class_labels_);
  GLINER_CHECK(parts.at_end());
  return survivors;
}

bool Gliner2CardPlan::has_all_instances(const Survivors& survivors, HeadRoom& room) {
  bool all = true;
  std::int64_t most = room.instances;
  for (std::size_t i = 0; i < span_tasks_.size(); ++i) {
    Task& task = span_tasks_[i];
    if (is_entities(task)) continue;  // Decoding looks at the first instance only.
    if (survivors.counts[i] <= task.instances) continue;
    task.instances = survivors.counts[i];
    most = std::max(most, task.instances);
    all = false;
  }
  if (!all) room.instances = most;
  return all;
}

std::vector<SequenceOutput> Gliner2CardPlan::decode(const Survivors& survivors) const {
  std::vector<SequenceOutput> outputs(batch_.sequences.size());
  for (std::size_t s = 0; s < outputs.size(); ++s) outputs[s].tasks.resize(batch_.sequences[s].tasks.size());
  std::size_t next_class = 0;
  for (const Task& task : class_tasks_) {
    const auto begin = survivors.classes.begin() + static_cast<std::ptrdiff_t>(next_class);
    outputs[task.sequence].tasks[task.slot].class_logits.assign(begin, begin + task.labels);
    next_class += static_cast<std::size_t>(task.labels);
  }
  decode_candidates(survivors, outputs);
  std::size_t next_choice = 0;
  for (std::size_t i = 0; i < span_tasks_.size(); ++i) {
    const Task& task = span_tasks_[i];
    TaskOutput& output = outputs[task.sequence].tasks[task.slot];
    output.count = survivors.counts[i];
    const std::int64_t instances = std::min<std::int64_t>(output.count, task.instances);
    const std::int64_t of_instance = task.labels * slot_of(task).choice_rows;
    for (std::int64_t c = 0; c < instances * of_instance; ++c)
      output.choice_scores.push_back(sigmoid(survivors.choices[next_choice + static_cast<std::size_t>(c)]));
    next_choice += static_cast<std::size_t>(task.instances * of_instance);
  }
  return outputs;
}

/// The device let through what comes near a threshold; the score decides here, computed as Gliner2Run does.
void Gliner2CardPlan::decode_candidates(const Survivors& survivors,
                                        std::vector<SequenceOutput>& outputs) const {
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
    TaskOutput& output = outputs[task.sequence].tasks[task.slot];
    const std::int32_t first_text_row = batch_.sequences[task.sequence].first_text_row;
    output.candidates.push_back({narrow(query.instance), narrow(query.label),
                                 narrow(places[i].row) - first_text_row, narrow(places[i].width), score});
    for (std::size_t a = 0; a < slot.attribute_labels.size(); ++a)
      output.attribute_logits.push_back(
          survivors.attributes[i * static_cast<std::size_t>(heads_.attributes) + a]);
  }
}

}  // namespace gliner
