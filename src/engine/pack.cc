#include "engine/pack.h"

namespace gliner {

void append_sequence(PackedBatch& batch, const PreparedText& text, const std::vector<TaskSlot>& slots) {
  const auto base = static_cast<std::int32_t>(batch.ids.size());
  batch.ids.insert(batch.ids.end(), text.ids.begin(), text.ids.end());
  PackedSequence sequence;
  sequence.token_begin = base;
  sequence.token_end = static_cast<std::int32_t>(batch.ids.size());
  sequence.first_text_row = text.first_text_row;
  sequence.rows.reserve(text.rows.size());
  for (const TokenRange& row : text.rows) sequence.rows.push_back({row.begin + base, row.end + base});
  sequence.tasks = slots;
  for (TaskSlot& slot : sequence.tasks) {
    for (std::int32_t& marker : slot.markers) marker += base;
  }
  batch.sequences.push_back(std::move(sequence));
}

}  // namespace gliner
