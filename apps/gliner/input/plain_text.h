#pragma once

#include <string>

#include "input/records.h"

namespace gliner::cli {

/// Makes `text` the text of `record`, or its error: an empty one has nothing to extract from, and one with a
/// NUL is no text but some other kind of file.
void take_text(std::string text, InputRecord& record);

/// Editors end a file with a line end that is no part of its last sentence.
void remove_last_line_end(std::string& text);

/// Why a record above InputOptions::max_record_bytes is refused.
std::string too_long_error(const InputOptions& options);

}  // namespace gliner::cli
