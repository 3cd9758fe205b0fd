#pragma once

#include <memory>

#include "input/records.h"

namespace gliner::cli {

/// Rows of a Parquet file: `text_field`, `id_field` and `schema_field` name columns. A null, or a text that
/// is too long, is an error of its row. Holds some pages of the columns that it needs, whatever the size of
/// the file. Throws UsageError when it cannot be opened, when the column of the text is missing or holds
/// something else than strings, and always in a gliner that was built without Parquet.
std::unique_ptr<RecordReader> open_parquet(const InputOptions& options);

}  // namespace gliner::cli
