#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "heads/count_embedding.h"
#include "heads/span_grid.h"
#include "models/gliner2_card_pass.h"
#include "models/gliner2_span.h"
#include "nn/packed_upload.h"
#include "prompt/packed_batch.h"

namespace gliner {

/// The largest number of tokens of a batch that pad_to_bucket is meant for: above it a card's time goes into
/// products, and padding costs more than launches do.
constexpr std::int64_t kMostBucketTokens = 1024;

/// The same batch with one more sequence, without tasks, that brings tokens and rows up to steps. Texts of
/// similar length with the same schema have as many then.
PackedBatch pad_to_bucket(const PackedBatch& batch);

/// What came back of a pass.
struct Survivors {
  std::int64_t total = 0;
  std::vector<std::int32_t> counts;  ///< Per span task
  std::vector<std::int32_t> cells;
  std::vector<float> logits;      ///< Of the cells
  std::vector<float> attributes;  ///< [cells, attributes]
  std::vector<float> choices, classes;
};

/// The host's side of a Gliner2 pass on a card: a batch becomes an upload and the shape of the pass, what
/// comes back becomes outputs. Knows the modules' sizes, computes nothing with them. Lives for one pass.
class Gliner2CardPlan {
 public:
  /// How much of the batch the shape tells.
  enum class Form {
    kExact,   ///< Everything.
    kBucket,  ///< Of lengths only the next steps: for a batch of pad_to_bucket.
  };

  /// `batch` must outlive this. `instances`: of structures and relations that are scored.
  Gliner2CardPlan(const Gliner2Modules& modules, const PackedBatch& batch, Form form, std::int64_t instances);

  const PackedUpload& upload() const { return upload_; }
  PassShape shape() const { return {upload_.layout(), words_, heads_}; }

  /// Plans the heads for as many instances as has_all_instances found, as an upload of its own, which the
  /// shape's heads then refer to.
  PackedUpload replan_heads();
  /// Makes room for `survivors`.
  void set_capacity(std::int64_t survivors) { heads_.capacity = survivors; }

  /// words: what collect() gave.
  Survivors read(const std::int32_t* words, std::int64_t count) const;

  bool is_complete(const Survivors& survivors) const { return survivors.total <= heads_.capacity; }
  /// False if tasks have more instances than were scored; they are then known, and `room` has grown.
  bool has_all_instances(const Survivors& survivors, HeadRoom& room);

  /// Of survivors that are complete and have all instances.
  std::vector<SequenceOutput> decode(const Survivors& survivors) const;

 private:
  // One TaskSlot with markers.
  struct Task {
    std::size_t sequence, slot;
    std::int64_t first_marker;  // Row of [P] in the markers; the labels follow.
    std::int64_t labels;
    std::int64_t instances = 0;    // Scored for so many.
    std::int64_t first_query = 0;  // Among those of its sequence
  };
  struct Query {
    std::size_t task;
    std::int64_t instance, label;
  };

  void plan_words();
  void plan_places(const SequenceStart& start);
  void plan_rows();
  void plan_heads(PackedUpload& upload);
  void plan_queries();
  std::vector<std::int32_t> choice_cells() const;
  void plan_attributes(PackedUpload& upload);
  void decode_candidates(const Survivors& survivors, std::vector<SequenceOutput>& outputs) const;

  const TaskSlot& slot_of(const Task& task) const { return batch_.sequences[task.sequence].tasks[task.slot]; }
  const Query& query_of(std::size_t grid_sequence, std::int64_t query) const {
    return queries_[first_query_[grid_sequence] + static_cast<std::size_t>(query)];
  }
  bool is_entities(const Task& task) const { return slot_of(task).kind == TaskKind::kEntities; }

  const Gliner2Modules& modules_;
  const PackedBatch& batch_;
  Form form_;

  PackedUpload upload_;
  WordShape words_;
  HeadShape heads_;

  std::vector<std::int64_t> first_row_;  // Per sequence, and R at the end
  std::vector<Task> span_tasks_, class_tasks_;
  std::int64_t class_labels_ = 0;
  std::vector<Query> queries_;               // By sequence, task, instance, label
  std::vector<std::size_t> grid_sequences_;  // Sequence of each of the grid's
  std::vector<std::size_t> first_query_;     // Their first queries
  std::optional<CountSteps> steps_;
  std::optional<SpanGrid> grid_;
  std::int64_t choices_ = 0;
};

}  // namespace gliner
