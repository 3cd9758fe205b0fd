#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "gliner/export.h"
#include "gliner/options.h"
#include "gliner/result.h"

namespace gliner {

/// What stands in the place of removed text.
enum class RedactionMode {
  kMask,        ///< RedactOptions::mask, the same for everything.
  kLabel,       ///< "[PHONE_NUMBER]". The default.
  kSameLength,  ///< RedactOptions::fill once for every code point.
  kPseudonym,   ///< "[PERSON_3f9a2c1b7d0e]": the same for the same entity under the same key.
};

/// Reads "mask", "label", "same-length" or "pseudonym". Throws InputError on anything else.
GLINER_EXPORT RedactionMode parse_redaction_mode(const std::string& name);

/// Where something is that must not stay.
struct SensitiveSpan {
  std::int64_t begin = 0;  ///< Half-open, in RedactOptions::offset_unit.
  std::int64_t end = 0;
  std::string label;
  double confidence = 1;
};

struct RedactOptions {
  RedactionMode mode = RedactionMode::kLabel;
  std::string mask = "***";
  std::string fill = "*";  ///< One code point.
  /// Of pseudonyms, at least 16 bytes. Whoever has it can try which name gave which pseudonym; whoever has
  /// not cannot.
  std::string key;
  /// Removes also every further place where removed text of at least three code points stands as a word of
  /// its own.
  bool every_mention = false;
  OffsetUnit offset_unit = OffsetUnit::kCodePoint;  ///< Of spans, and of what comes back.
};

/// One piece that was removed: the union of spans that overlap.
struct Redaction {
  std::int64_t begin = 0;  ///< In the text as it was.
  std::int64_t end = 0;
  std::size_t begin_byte = 0;  ///< The same in bytes, whatever the unit: for text.substr.
  std::size_t end_byte = 0;
  std::int64_t new_begin = 0;  ///< Where `replacement` stands in the new text.
  std::int64_t new_end = 0;
  std::string label;                ///< Of the longest span, the most certain one of several.
  std::vector<std::string> labels;  ///< Of all spans, `label` first.
  std::string replacement;
};

struct RedactedText {
  std::string text;
  std::vector<Redaction> redactions;  ///< By position.
};

/// Takes everything that a span covers out of `text`. Spans may overlap, come in any order and be empty; an
/// end one beyond the text (Mention::end) counts as its end. Throws InputError on text that is not UTF-8, on
/// spans outside of it or inside of a code point, on a short key; no message quotes the text. Keeps no state:
/// any number of threads may call it.
GLINER_EXPORT RedactedText redact(const std::string& text, const std::vector<SensitiveSpan>& spans,
                                  const RedactOptions& options = {});

/// All entities of a result as spans, whatever family they come from. The result must count in the unit that
/// `redact` is told.
GLINER_EXPORT std::vector<SensitiveSpan> sensitive_spans(const Result& result);

/// Labels for personal data that models of the family know as a rule.
GLINER_EXPORT const std::vector<std::string>& personal_data_labels();

}  // namespace gliner
