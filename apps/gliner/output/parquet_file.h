#pragma once

#include <string>

namespace gliner::cli {

/// Throws UsageError, which says what to do, in a gliner that was built without Parquet.
void require_parquet(const std::string& path);

/// Makes the Parquet file `path` of the rows that make_parquet wrote into `rows`, a row group at a time:
/// columns id, text, entities (a list of structs), result, error, truncated_words and truncated_tokens. The
/// same rows give the same bytes. Throws IoError.
void write_parquet(const std::string& rows, const std::string& path);

}  // namespace gliner::cli
