#pragma once

#include <cstddef>
#include <string>
#include <unordered_map>
#include <vector>

#include "extraction.h"
#include "gliner/extractor.h"
#include "input/records.h"

namespace gliner::cli {

/// Schemas that records bring, read once for each text of a schema: rows with equal ones share one, and with
/// it the prompt that the library makes of it. Forgets all when it holds too much.
class OwnSchemas {
 public:
  using Parse = std::function<Schema(const std::string& json)>;

  static constexpr std::size_t kMaxSchemas = 1024;
  static constexpr std::size_t kMaxBytes = std::size_t{16} << 20;  ///< Of their texts together.

  explicit OwnSchemas(Parse parse) : parse_(std::move(parse)) {}

  /// Throws what `parse` throws; that is not remembered.
  const Schema& get(const std::string& json);

 private:
  Parse parse_;
  std::unordered_map<std::string, Schema> schemas_;
  std::size_t bytes_ = 0;
};

/// Asks the model for the records of a window. One thread at a time.
class BatchExtractor {
 public:
  /// `windows`: for texts that are too long; absent: none are cut into windows. `may_quote`: see
  /// InputOptions. All must outlive this.
  BatchExtractor(const Extractor& model, const ExtractOptions& options, std::optional<LongOptions> windows,
                 const SchemaSource& schemas, bool may_quote)
      : model_(model),
        options_(options),
        windows_(std::move(windows)),
        schemas_(schemas),
        own_schemas_(schemas.parse_own),
        may_quote_(may_quote) {}

  /// Gives each record its result or its error. Throws InputError when no record can ever succeed: the shared
  /// schema or an option is wrong.
  std::vector<Result> extract(std::vector<InputRecord>& records);

 private:
  /// `schemas`: one for all texts, or one per text.
  std::vector<Result> run(const std::vector<std::string>& texts, const std::vector<Schema>& schemas) const;
  Result run_one(const std::string& text, const Schema& schema) const;
  Schema schema_of(const InputRecord& record);

  const Extractor& model_;
  ExtractOptions options_;
  std::optional<LongOptions> windows_;
  const SchemaSource& schemas_;
  OwnSchemas own_schemas_;
  bool may_quote_;
};

}  // namespace gliner::cli
