#pragma once

#include <cstddef>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "options.h"

namespace gliner::cli {

/// A longer line of JSONL is an error row: one bad line must not take all memory.
constexpr std::size_t kMaxRecordBytes = std::size_t{64} << 20;
/// A .json or text file is read as a whole.
constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30;

/// One text to extract from, or the reason why a record of the input has none.
struct InputRecord {
  nlohmann::ordered_json id;          ///< A string or number of the record, else its number from 0.
  std::string place;                  ///< "line 3", for messages; empty when there is nothing to point at.
  std::string text;                   ///< UTF-8 as it came; checked by the library.
  std::optional<std::string> schema;  ///< JSON text of the record's own schema (InputOptions::schema_field).
  std::optional<std::string> error;   ///< Set when the record cannot be used; says why, without the place.
};

/// Reads records one after the other.
class RecordReader {
 public:
  virtual ~RecordReader() = default;
  /// False at the end of the input, or when a signal asked to stop.
  virtual bool next(InputRecord& record) = 0;
};

/// Opens what the options name. Throws UsageError when it cannot be read or nothing, or too much, is named.
std::unique_ptr<RecordReader> open_records(const InputOptions& options);

}  // namespace gliner::cli
