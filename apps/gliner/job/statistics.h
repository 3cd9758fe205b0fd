#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "job/tally.h"

namespace gliner::cli {

/// How a run of a job went.
struct Statistics {
  Tally tally;                     ///< Of the whole job.
  std::uint64_t resumed_rows = 0;  ///< Of them done by earlier runs.
  std::uint64_t resumed_tokens = 0;
  double load_seconds = 0;
  double seconds = 0;  ///< Of this run, without loading the model.
  bool complete = false;
  int exit_code = 0;
};

/// The summary of --stats.
nlohmann::ordered_json to_json(const Statistics& statistics);

/// The counts alone, and back. Throws nlohmann::json::exception when one is missing.
nlohmann::ordered_json to_json(const Tally& tally);
Tally tally_of(const nlohmann::ordered_json& counts);

/// Writes `value`, indented, in place of whatever is there: whole or not at all. Throws IoError.
void write_json_file(const std::string& path, const nlohmann::ordered_json& value);

}  // namespace gliner::cli
