#pragma once

#include <c10/core/Device.h>

#include <optional>
#include <vector>

#include "models/card_graphs.h"
#include "models/gliner2_card_plan.h"
#include "models/gliner2_span.h"
#include "prompt/packed_batch.h"

namespace gliner {

/// One forward pass of a Gliner2Span without a word between host and device on the way: token ids and all
/// indices go up in one copy, word vectors, counts, span scores and thresholds stay there, and what survives
/// comes back in one copy. For that, tasks are scored for as many instances as HeadRoom says before their
/// counts are known, and survivors fill a buffer of fixed size; where either was too small the heads alone
/// are run once more. Plain tensor operations: it runs on a CPU too, where Gliner2Run is its oracle. Lives
/// for one call.
class Gliner2CardRun {
 public:
  /// `graphs`: small batches are padded to buckets and may be replayed from them; null: none are.
  Gliner2CardRun(const Gliner2Modules& modules, const PackedBatch& batch, c10::Device device, HeadRoom& room,
                 CardGraphs* graphs = nullptr)
      : modules_(modules), batch_(batch), device_(device), room_(room), graphs_(graphs) {}

  std::vector<SequenceOutput> outputs();

 private:
  /// Nothing where the batch is to be run launch by launch.
  std::optional<std::vector<SequenceOutput>> outputs_of_graph();
  Survivors fetch(const Gliner2CardPlan& plan, const at::Tensor& words) const;

  const Gliner2Modules& modules_;
  const PackedBatch& batch_;
  c10::Device device_;
  HeadRoom& room_;
  CardGraphs* graphs_;
};

}  // namespace gliner
