#pragma once

#include <functional>
#include <optional>
#include <string>

#include "gliner/schema.h"
#include "options.h"

namespace gliner::cli {

/// Where the schema of a record comes from.
struct SchemaSource {
  std::optional<Schema> shared;  ///< Of every record without one of its own.
  /// Reads a record's own schema; throws InputError. Not called when records bring none.
  std::function<Schema(const std::string& json)> parse_own;
};

/// Reads records, extracts batch by batch and writes one row a record in input order. Memory does not grow
/// with the input. Returns an ExitCode, or 128 + signal; throws UsageError, InputError and ModelError only
/// before the first row.
int run_extraction(const GlobalOptions& global, const ExtractionOptions& options,
                   const SchemaSource& schemas);

}  // namespace gliner::cli
