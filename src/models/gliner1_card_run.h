#pragma once

#include <ATen/core/Tensor.h>
#include <c10/core/Device.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "heads/range_pooling.h"
#include "heads/select_spans.h"
#include "heads/span_grid.h"
#include "models/gliner1_modules.h"
#include "models/packed_download.h"
#include "models/shared_labels.h"
#include "nn/packed_upload.h"

namespace gliner {

/// One forward pass of a GLiNER v1 model without a word between host and device on the way, as Gliner2CardRun
/// is for GLiNER2: token ids and all indices go up in one copy, word vectors, scores and thresholds stay
/// there, and what survives comes back in one copy. Survivors fill buffers of fixed size; where one was too
/// small its part of the heads alone is run once more. Plain tensor operations: it runs on a CPU too, where
/// Gliner1Run is its oracle. Lives for one call.
class Gliner1CardRun {
 public:
  /// True if this pass does all that Gliner1Run would do: models that score spans from their ends, and those
  /// that score words, with or without relations, but no generated labels, sessions or predicted spans that
  /// are scored again; and nothing asked for but spans, relations and their scores.
  static bool covers(const Gliner1Config& config, const Gliner1Modules& modules, const SpanBatch& batch);

  /// Only where `covers` is true.
  Gliner1CardRun(const Gliner1Config& config, const Gliner1Modules& modules, SharedLabels& shared_labels,
                 const SpanBatch& batch, c10::Device device);

  std::vector<SpanOutput> outputs();

 private:
  using Handle = UploadHandle;

  // Classes of one sequence, from `first_label` on, as a sequence of a grid.
  struct Part {
    std::size_t sequence;
    std::int64_t first_label;
  };
  // Parts that are scored at once.
  struct Group {
    std::vector<Part> parts;
    SpanGrid grid;
    std::int64_t capacity;  // Survivors that there is room for
    PackedDownload::Handle total = 0, cells = 0, logits = 0;
  };

  void plan_words();
  void plan_labels();
  void plan_markers();
  void plan_label_matrices();
  void plan_groups();
  GridLimits grid_limits() const;

  void encode();
  SpanQueries queries();
  void score();
  /// Runs the groups' last products and takes what they find; those with too little room are returned, with
  /// more of it.
  std::vector<Group*> find(const std::vector<Group*>& groups);
  void download(Group& group, PackedDownload& download) const;
  void take(const Group& group, const PackedDownload& download);
  void select();
  void relate();

  /// Classes of a sequence that can be found.
  std::int64_t classes_of(std::size_t sequence) const;
  /// Labels of a sequence that are scored: with relations, whose entities are spans of any label, the zero
  /// vectors too that the reference puts behind a shorter set.
  std::int64_t columns_of(std::size_t sequence) const {
    return config_.relations ? label_rows_[sequence].size() : classes_of(sequence);
  }
  float least_of(std::size_t sequence, std::int64_t label) const;
  std::size_t size() const { return batch_.sequences.size(); }

  const Gliner1Config& config_;
  const Gliner1Modules& modules_;
  SharedLabels& shared_labels_;
  const SpanBatch& batch_;
  c10::Device device_;
  const SpanMarkerMlp* span_layer_;    // Null in a model that scores words.
  const SpanMarkerMlp* entity_layer_;  // What makes vectors of entities; null without relations.
  std::vector<SpanOutput> outputs_;

  std::vector<std::int32_t> ids_;   // Of the tokens that are encoded
  SequenceStart start_ = {0};       // Of those
  SequenceStart word_start_ = {0};  // [B + 1]
  std::int64_t longest_tokens_ = 0, longest_words_ = 0;
  std::vector<RowRange> label_rows_;          // Per sequence
  std::vector<float> least_;                  // Logits to reach, per label row
  std::optional<RangePooling> words_of_;      // Token states to words
  std::optional<RangePooling> markers_of_;    // Token states to labels
  std::optional<RangePooling> relations_of_;  // And to relations
  std::shared_ptr<const LabelMatrix> only_;   // Bi-encoder: the set of labels that all texts share, or
  std::vector<Handle> sets_;                  // those that there are, each [labels, H],
  Handle label_index_ = 0;                    // and which of their rows are the labels.
  Handle ids_at_ = 0, least_at_ = 0;
  std::vector<Group> groups_;
  PackedUpload upload_;
  std::optional<Uploaded> sent_;

  at::Tensor words_;                           // [W, H]
  at::Tensor context_;                         // [W, H] the same as span layers see them
  at::Tensor relations_;                       // [R, H]; relation models
  at::Tensor labels_;                          // [P, H]; undefined where all texts share a set
  std::shared_ptr<const SpanQueries> shared_;  // Held until the device is done with it
  SpanQueries queries_;
  SpanEnds ends_;                                     // Span models
  TokenScorer::Sides sides_;                          // Models that score words
  std::vector<std::vector<SpanLogit>> span_logits_;   // Survivors per sequence
  std::vector<std::vector<WordLogits>> word_logits_;  // The same
  std::vector<std::vector<SpanCandidate>> entities_;  // Per sequence; relation models
};

}  // namespace gliner
