#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "options.h"

namespace gliner::cli {

/// A .json or text file is read as a whole.
constexpr std::size_t kMaxFileBytes = std::size_t{1} << 30;

/// One text to extract from, or the reason why a record of the input has none.
struct InputRecord {
  nlohmann::ordered_json id;          ///< A string or number of the record, else its number from 0.
  std::string place;                  ///< "line 3", for messages; empty when there is nothing to point at.
  std::string text;                   ///< UTF-8 as it came; checked by the library.
  std::optional<std::string> schema;  ///< JSON text of the record's own schema (InputOptions::schema_field).
  std::optional<std::string> error;   ///< Set when the record cannot be used; says why, without the place.
  std::uint64_t source_bytes = 0;     ///< RecordReader::position when it was read.
};

/// Reads records one after the other. Not for several threads at once.
class RecordReader {
 public:
  virtual ~RecordReader() = default;
  /// False at the end of the input, or when a stop was asked for. What is wrong with one record is its
  /// `error`; throws IoError when nothing more can be read.
  virtual bool next(InputRecord& record) = 0;

  /// Bytes of the input (as it lies on the disk) that were read so far.
  virtual std::uint64_t position() const { return 0; }
  /// All of them; absent when that is not known.
  virtual std::optional<std::uint64_t> size() const { return {}; }
  /// True when records arrive as somebody writes them, and may be waited for.
  virtual bool is_live() const { return false; }
};

/// Opens what the options name. Throws UsageError when it cannot be read or nothing, or too much, is named.
std::unique_ptr<RecordReader> open_records(const InputOptions& options);

}  // namespace gliner::cli
