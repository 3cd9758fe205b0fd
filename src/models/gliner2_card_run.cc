#include "models/gliner2_card_run.h"

#include <memory>

namespace gliner {

std::vector<SequenceOutput> Gliner2CardRun::outputs() {
  if (graphs_ != nullptr)
    if (std::optional<std::vector<SequenceOutput>> outputs = outputs_of_graph()) return std::move(*outputs);
  Gliner2CardPlan plan(modules_, batch_, Gliner2CardPlan::Form::kExact, room_.instances);
  if (batch_.ids.empty()) return plan.decode({});
  const PassShape shape = plan.shape();
  Uploaded upload = plan.upload().send(device_);
  const EncodedWords words = encode_words(modules_, shape.words, upload);
  ScoredSpans spans = score_spans(modules_, shape.heads, upload, words);
  Survivors survivors = fetch(plan, collect(shape.heads, upload, words, spans));
  if (!plan.has_all_instances(survivors, room_)) {
    upload = plan.replan_heads().send(device_);
    spans = score_spans(modules_, plan.shape().heads, upload, words);
    survivors = fetch(plan, collect(plan.shape().heads, upload, words, spans));
  }
  if (!plan.is_complete(survivors)) {
    plan.set_capacity(survivors.total);
    survivors = fetch(plan, collect(plan.shape().heads, upload, words, spans));
  }
  return plan.decode(survivors);
}

std::optional<std::vector<SequenceOutput>> Gliner2CardRun::outputs_of_graph() {
  if (batch_.ids.empty() || batch_.ids.size() > static_cast<std::size_t>(kMostBucketTokens))
    return std::nullopt;
  const PackedBatch padded = pad_to_bucket(batch_);
  Gliner2CardPlan plan(modules_, padded, Gliner2CardPlan::Form::kBucket, room_.instances);
  // What is captured must not refer to this batch.
  const auto shape = std::make_shared<const PassShape>(plan.shape());
  const std::optional<std::vector<std::int32_t>> words = graphs_->run(
      shape->key(), plan.upload(),
      [&modules = modules_, shape](const at::Tensor& upload) { return run_pass(modules, *shape, upload); });
  if (!words) return std::nullopt;
  const Survivors survivors = plan.read(words->data(), static_cast<std::int64_t>(words->size()));
  if (!plan.has_all_instances(survivors, room_) || !plan.is_complete(survivors)) return std::nullopt;
  std::vector<SequenceOutput> outputs = plan.decode(survivors);
  outputs.resize(batch_.sequences.size());
  return outputs;
}

Survivors Gliner2CardRun::fetch(const Gliner2CardPlan& plan, const at::Tensor& words) const {
  const std::vector<std::int32_t> host = fetch_words(words, device_);
  return plan.read(host.data(), static_cast<std::int64_t>(host.size()));
}

}  // namespace gliner
