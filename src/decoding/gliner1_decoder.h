#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "gliner/options.h"
#include "gliner/result.h"
#include "prompt/gliner1_prompt.h"
#include "prompt/span_batch.h"

namespace gliner {

/// Per class and per relation class the threshold that holds: the schema's, else the call's.
void fill_thresholds(SpanSequence& sequence, const Gliner1Prompt& prompt, const ExtractOptions& options);

/// The words [first, last] that the caller's spans, in bytes of the text, cover exactly; others are dropped,
/// as in the reference (gliner/model.py, _convert_spans_to_word_indices).
struct WordPair {
  std::int32_t first;
  std::int32_t last;
};
std::vector<WordPair> words_of_spans(const std::vector<SpanPlace>& spans, const std::vector<WordSpan>& words);

/// Labels that a decoder generated, as text; keys as in SpanOutput::Generated.
struct GeneratedLabels {
  struct One {
    std::int32_t key;
    std::vector<std::string> labels;
  };
  bool replace_labels = false;  ///< Prompt mode: the keys are classes, the labels stand for their names.
  std::vector<One> all;
};

/// Turns what the heads found into a Result: allowed spans, validators, overlaps across labels, relations
/// between what was kept (gliner/decoding/decoder.py). Offsets come out in bytes of `text`.
/// `allowed`: the only spans that may be found; absent: all.
Result decode_spans(const Gliner1Prompt& prompt, const std::string& text, const Gliner1Text& prepared,
                    const SpanOutput& output, const GeneratedLabels& generated,
                    const std::optional<std::vector<WordPair>>& allowed, const ExtractOptions& options);

/// The spans that decode_spans keeps of these candidates, by SpanCandidate::index in rising order: known
/// before their labels are generated, which decide nothing. May throw what decode_spans throws.
std::vector<std::int32_t> kept_spans(const Gliner1Prompt& prompt, const std::string& text,
                                     const Gliner1Text& prepared, const SpanOutput& output,
                                     const std::optional<std::vector<WordPair>>& allowed,
                                     const ExtractOptions& options);

/// Fills `entities`, `relations` and what to_json needs from `spans` and `span_relations`.
void file_by_label(Result& result, const SchemaSpec& spec, const ExtractOptions& options);

}  // namespace gliner
