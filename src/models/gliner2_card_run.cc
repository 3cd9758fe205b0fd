#include "models/gliner2_card_run.h"

#include <ATen/ATen.h>

#include "base/stage_timer.h"
#include "models/device.h"

namespace gliner {

std::vector<SequenceOutput> Gliner2CardRun::outputs() {
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

Survivors Gliner2CardRun::fetch(const Gliner2CardPlan& plan, const at::Tensor& words) const {
  const StageTimer timer(Stage::kSelect);
  at::Tensor host = words;
  if (!device_.is_cpu()) {
    host = at::empty(words.sizes(), at::TensorOptions().dtype(at::kInt).pinned_memory(true));
    host.copy_(words, /*non_blocking=*/true);
    synchronize(device_);  // The only wait of the pass.
  }
  return plan.read(host.data_ptr<std::int32_t>(), host.size(0));
}

}  // namespace gliner
