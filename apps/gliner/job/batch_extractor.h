#pragma once

#include <vector>

#include "extraction.h"
#include "gliner/extractor.h"
#include "input/records.h"

namespace gliner::cli {

/// Asks the model for the records of a window.
class BatchExtractor {
 public:
  /// `windows`: for texts that are too long; absent: none are cut into windows. All must outlive this.
  BatchExtractor(const Extractor& model, const ExtractOptions& options, std::optional<LongOptions> windows,
                 const SchemaSource& schemas)
      : model_(model), options_(options), windows_(std::move(windows)), schemas_(schemas) {}

  /// Gives each record its result or its error. Throws InputError when no record can ever succeed: the shared
  /// schema or an option is wrong.
  std::vector<Result> extract(std::vector<InputRecord>& records) const;

 private:
  /// `schemas`: one for all texts, or one per text.
  std::vector<Result> run(const std::vector<std::string>& texts, const std::vector<Schema>& schemas) const;
  Result run_one(const std::string& text, const Schema& schema) const;
  Schema schema_of(const InputRecord& record) const;

  const Extractor& model_;
  ExtractOptions options_;
  std::optional<LongOptions> windows_;
  const SchemaSource& schemas_;
};

}  // namespace gliner::cli
