#include "prompt/read_tokens.h"

#include <algorithm>
#include <utility>

namespace gliner {
namespace {

/// Marks what lies among the tokens; ranges and markers may stand behind them.
class Marks {
 public:
  explicit Marks(std::size_t tokens) : read_(tokens, false) {}

  void add(std::int64_t token) { add(token, token + 1); }
  void add(std::int64_t begin, std::int64_t end) {
    const auto count = static_cast<std::int64_t>(read_.size());
    std::fill(read_.begin() + std::min(begin, count), read_.begin() + std::min(end, count), true);
  }

  std::vector<bool> take() { return std::move(read_); }

 private:
  std::vector<bool> read_;
};

}  // namespace

std::vector<bool> read_tokens(const PackedBatch& batch) {
  Marks read(batch.ids.size());
  for (const PackedSequence& sequence : batch.sequences) {
    for (const TokenRange& row : sequence.rows) {
      // A row without sub-tokens takes the token that follows.
      if (batch.pooling == TokenPooling::kFirst || row.end <= row.begin)
        read.add(row.begin);
      else
        read.add(row.begin, row.end);
    }
    for (const TaskSlot& task : sequence.tasks)
      for (const std::int32_t marker : task.markers) read.add(marker);
  }
  return read.take();
}

std::vector<bool> read_tokens(const SpanBatch& batch) {
  Marks read(batch.ids.size());
  for (const SpanSequence& sequence : batch.sequences) {
    for (const TokenRange& word : sequence.words) read.add(word.begin, word.end);
    for (const auto* markers : {&sequence.labels, &sequence.relations})
      for (const std::int32_t marker : *markers) read.add(marker);
  }
  return read.take();
}

}  // namespace gliner
