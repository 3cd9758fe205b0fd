#pragma once

#include <functional>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "gliner/schema.h"
#include "options.h"
#include "output/row_format.h"

namespace gliner::cli {

/// Where the schema of a record comes from.
struct SchemaSource {
  std::optional<Schema> shared;  ///< Of every record without one of its own.
  /// Reads a record's own schema; throws InputError. Not called when records bring none.
  std::function<Schema(const std::string& json)> parse_own;
};

/// What a job makes of its records.
struct JobWork {
  SchemaSource schemas;
  std::shared_ptr<const RowFormat> rows;
  std::shared_ptr<const RowFormat> report;  ///< Of OutputOptions::report; null: there is none.
  /// What the rows depend on besides the options; null: nothing.
  nlohmann::ordered_json details;
};

/// Reads records, extracts batch by batch and writes one row a record in input order, resumes, reports and
/// counts as the options say. Memory does not grow with the input. Returns an ExitCode, or 128 + signal;
/// throws UsageError, InputError and ModelError only before the first row.
int run_job(const GlobalOptions& global, const ExtractionOptions& options, const JobWork& work);

/// The job whose rows are what was extracted, in the format of the options.
int run_extraction(const GlobalOptions& global, const ExtractionOptions& options,
                   const SchemaSource& schemas);

}  // namespace gliner::cli
