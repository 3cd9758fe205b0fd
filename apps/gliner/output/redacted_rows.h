#pragma once

#include <memory>

#include "gliner/redact.h"
#include "output/row_format.h"

namespace gliner::cli {

// Rows of `gliner redact`. What is removed, and what is wrong with a record, is told without a word of its
// text: messages of parsers quote what they stumble over, so error rows have messages of their own.

/// {"id", "text", "removed": {"person": 2}}: the text as it may be shown.
std::unique_ptr<RowFormat> make_redacted_rows(const RedactOptions& options);

/// {"id", "needs_anonymization", "found": {"person": 2}}
std::unique_ptr<RowFormat> make_gate_rows(const RedactOptions& options);

/// {"id", "counts", "spans": [{"start", "end", "labels", "new_start", "new_end"}]}. `with_text`: and the
/// removed text itself, as "text" of each span.
std::unique_ptr<RowFormat> make_redaction_report(const RedactOptions& options, bool with_text);

}  // namespace gliner::cli
