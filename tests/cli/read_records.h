#pragma once

#include <memory>
#include <string>
#include <vector>

#include "input/records.h"

namespace gliner::cli {

/// Options that name `path` and leave the rest as it is.
inline InputOptions input(const std::string& path) {
  InputOptions options;
  options.path = path;
  return options;
}

/// All records of an input.
inline std::vector<InputRecord> read(const InputOptions& options) {
  const std::unique_ptr<RecordReader> reader = open_records(options);
  std::vector<InputRecord> records;
  InputRecord record;
  while (reader->next(record)) records.push_back(record);
  return records;
}

}  // namespace gliner::cli
