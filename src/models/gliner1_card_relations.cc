#include "models/gliner1_card_relations.h"

#include <ATen/ATen.h>

#include "heads/select_spans.h"
#include "models/packed_download.h"

namespace gliner {
namespace {

/// A text that may have relations: its rows of FoundEntities.
struct RelatedText {
  std::size_t sequence;
  at::Tensor entities;   // [E, H]
  at::Tensor relations;  // [R, H]
  std::vector<EntityPair> pairs;
  PackedDownload::Handle handle = 0;
};

std::vector<RelatedText> related_texts(const SpanBatch& batch, const FoundEntities& found) {
  std::vector<RelatedText> texts;
  std::int64_t entity = 0, relation = 0;
  for (std::size_t s = 0; s < batch.sequences.size(); ++s) {
    const auto entities = static_cast<std::int64_t>(found.of_text[s].size());
    const auto relations = static_cast<std::int64_t>(batch.sequences[s].relations.size());
    if (entities > 1 && relations > 0)
      texts.push_back(
          {s, found.vectors.narrow(0, entity, entities), found.relations.narrow(0, relation, relations), {}});
    entity += entities;
    relation += relations;
  }
  return texts;
}

void find_pairs(const Gliner1Modules& modules, const SpanBatch& batch, c10::Device device,
                std::vector<RelatedText>& texts) {
  const auto threshold = static_cast<float>(batch.adjacency_threshold);
  PackedDownload adjacency;
  if (modules.adjacency) {
    for (RelatedText& text : texts) text.handle = adjacency.add(modules.adjacency->forward(text.entities));
    adjacency.fetch(device);
  }
  for (RelatedText& text : texts) {
    const std::vector<float> own =
        modules.adjacency ? adjacency.floats(text.handle) : std::vector<float>();  // [E, E]
    text.pairs = likely_pairs(text.entities.size(0), own.empty() ? nullptr : own.data(), threshold);
  }
}

}  // namespace

void relate_on_card(const Gliner1Modules& modules, const SpanBatch& batch, const FoundEntities& found,
                    c10::Device device, std::vector<SpanOutput>& outputs) {
  std::vector<RelatedText> texts = related_texts(batch, found);
  if (texts.empty()) return;
  find_pairs(modules, batch, device, texts);
  PackedDownload logits;
  bool any = false;
  for (RelatedText& text : texts) {
    if (text.pairs.empty()) continue;
    any = true;
    text.handle = logits.add(modules.relation_scorer->logits(text.entities, text.pairs, text.relations));
  }
  if (!any) return;
  logits.fetch(device);
  for (const RelatedText& text : texts) {
    if (text.pairs.empty()) continue;
    const auto pairs = static_cast<std::int64_t>(text.pairs.size());
    const at::Tensor own = at::tensor(logits.floats(text.handle)).view({pairs, text.relations.size(0)});
    select_relations(own, found.of_text[text.sequence], text.pairs, batch.sequences[text.sequence],
                     outputs[text.sequence]);
  }
}

}  // namespace gliner
