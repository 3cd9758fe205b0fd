#pragma once

#include <cstdint>
#include <vector>

#include "tokenizers/json_section.h"

namespace gliner {

/// The special tokens that go around a sequence. Kinds: TemplateProcessing (its "single" template),
/// BertProcessing, RobertaProcessing, ByteLevel (none) and a Sequence with at most one that adds tokens.
class PostProcessor {
 public:
  static constexpr std::int32_t kSequence = -1;

  /// Adds nothing.
  PostProcessor() = default;
  /// Throws ModelError.
  explicit PostProcessor(const JsonSection& section);

  /// Ids of special tokens and kSequence where the sequence goes, in order.
  const std::vector<std::int32_t>& layout() const { return layout_; }

  /// Special tokens in layout().
  std::int64_t added_tokens() const;

 private:
  void read_sequence(const JsonSection& section);
  void read_template(const JsonSection& section);
  static std::int32_t read_pair(const JsonSection& section, const char* key);

  std::vector<std::int32_t> layout_ = {kSequence};
};

}  // namespace gliner
