#include "gliner/redact.h"

#include <fmt/format.h>

#include "gliner/error.h"
#include "redaction/replacement.h"
#include "redaction/sensitive_text.h"
#include "text/utf8.h"

namespace gliner {
namespace {

void check_options(const RedactOptions& options) {
  constexpr std::size_t kMinKeyBytes = 16;
  if (options.mode == RedactionMode::kPseudonym && options.key.size() < kMinKeyBytes) {
    throw InputError(fmt::format(
        "pseudonyms need a secret key of at least {} bytes, found {}: a shorter one can be guessed",
        kMinKeyBytes, options.key.size()));
  }
  if (!is_valid_utf8(options.mask) || !is_valid_utf8(options.fill))
    throw InputError("a mask that is not UTF-8");
  if (options.mode == RedactionMode::kSameLength && count_code_points(options.fill) != 1) {
    throw InputError("the fill must be one code point, or lengths change");
  }
}

}  // namespace

RedactionMode parse_redaction_mode(const std::string& name) {
  if (name == "mask") return RedactionMode::kMask;
  if (name == "label") return RedactionMode::kLabel;
  if (name == "same-length") return RedactionMode::kSameLength;
  if (name == "pseudonym") return RedactionMode::kPseudonym;
  throw InputError(fmt::format("unknown mode \"{}\": expected mask, label, same-length or pseudonym", name));
}

RedactedText redact(const std::string& text, const std::vector<SensitiveSpan>& spans,
                    const RedactOptions& options) {
  check_options(options);
  if (const std::size_t broken = find_invalid_utf8(text); broken != std::string::npos) {
    throw InputError(fmt::format("the text is not UTF-8 at byte {}", broken));
  }
  std::vector<SensitivePiece> pieces = merge_spans(text, spans, options.offset_unit);
  if (options.every_mention) pieces = with_every_mention(text, std::move(pieces));

  RedactedText result;
  std::vector<std::size_t> new_begins;  // in bytes, of each replacement
  std::size_t kept_until = 0;
  for (SensitivePiece& piece : pieces) {
    const std::string_view removed =
        std::string_view(text).substr(piece.begin_byte, piece.end_byte - piece.begin_byte);
    result.text.append(text, kept_until, piece.begin_byte - kept_until);
    Redaction redaction;
    redaction.begin_byte = piece.begin_byte;
    redaction.end_byte = piece.end_byte;
    redaction.label = piece.labels.front();
    redaction.labels = std::move(piece.labels);
    redaction.replacement = replacement_of(removed, redaction.label, options);
    new_begins.push_back(result.text.size());
    result.text += redaction.replacement;
    kept_until = piece.end_byte;
    result.redactions.push_back(std::move(redaction));
  }
  result.text.append(text, kept_until, std::string::npos);

  const OffsetMap before(text);
  const OffsetMap after(result.text);
  const auto in_unit = [&](const OffsetMap& map, std::size_t byte) {
    return map.from_byte(static_cast<std::int64_t>(byte), options.offset_unit);
  };
  for (std::size_t i = 0; i < pieces.size(); ++i) {
    Redaction& redaction = result.redactions[i];
    redaction.begin = in_unit(before, pieces[i].begin_byte);
    redaction.end = in_unit(before, pieces[i].end_byte);
    redaction.new_begin = in_unit(after, new_begins[i]);
    redaction.new_end = in_unit(after, new_begins[i] + redaction.replacement.size());
  }
  return result;
}

std::vector<SensitiveSpan> sensitive_spans(const Result& result) {
  std::vector<SensitiveSpan> spans;
  for (const EntityList& type : result.entities) {
    for (const Entity& entity : type.entities) {
      if (entity.begin >= 0) spans.push_back({entity.begin, entity.end, type.label, entity.confidence});
    }
  }
  for (const Span& span : result.spans) spans.push_back({span.begin, span.end, span.label, span.confidence});
  return spans;
}

}  // namespace gliner
